// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Synchronization

/// Where an event loop leaves its answers to pings.
final class LoopHeartbeat: Sendable {
    private let number = Atomic<Int>(0)
    private let time = Atomic<Int64>(0)

    /// Called on the loop.
    func beat(_ ping: Int, at now: Instant) {
        time.store(now.nanoseconds, ordering: .relaxed)
        number.store(ping, ordering: .releasing)
    }

    /// The last ping that was answered, and when; nil before the first.
    var last: (number: Int, at: Instant)? {
        let number = number.load(ordering: .acquiring)
        return number == 0 ? nil : (number, Instant(nanoseconds: time.load(ordering: .relaxed)))
    }
}
