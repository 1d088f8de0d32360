// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusHTTP
internal import ApusResilience

/// A load shedder for each event loop of a process. Services that share the loops share these, for a loop is late for
/// all of them alike.
///
/// As `LoadShedderConfiguration` says; the CPU is that of the loop's thread.
public struct LoopShedders: Sendable {
    private let shedders: [LoopShedder]

    init(_ loops: EventLoops) throws(InvalidConfiguration) {
        let configuration = LoadShedderConfiguration()
        var shedders: [LoopShedder] = []
        for loop in loops.all { shedders.append(try LoopShedder(configuration, loop: loop)) }
        self.shedders = shedders
    }

    /// That of `loop`; nil if it isn't one of these loops.
    public subscript(loop: Loop) -> LoopShedder? {
        guard shedders.indices.contains(loop.index), shedders[loop.index].loop === loop else { return nil }
        return shedders[loop.index]
    }
}
