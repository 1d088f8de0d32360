// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation
import Synchronization

/// What a process with `Tests/Trouble/trouble.c` loaded and the test share: at which system call it is killed, which calls
/// it has made since, and how far its wall clock is off. The layout is `struct board` there.
final class TroubleBoard: Sendable {
    /// When the process is killed.
    enum Moment: UInt32, Sendable, CaseIterable {
        case before = 0
        case after = 1
    }

    private static let names = 512
    private static let nameBytes = 120
    private static let head = 24

    /// What the process needs in its environment.
    let environment: [String: String]
    nonisolated(unsafe) private let memory: UnsafeMutableRawPointer

    /// - Throws: when the library can't be compiled.
    init(at path: String) throws {
        let size = Self.head + Self.names * Self.nameBytes
        try Data(count: size).write(to: URL(fileURLWithPath: path))
        let file = open(path, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            memory != MAP_FAILED
        else { throw ConformanceFailure("can't map \(path): \(String(cString: strerror(errno)))") }
        self.memory = memory
        environment = ["LD_PRELOAD": try TroubleLibrary.path.get(), "TROUBLE": path]
    }

    deinit {
        munmap(memory, Self.head + Self.names * Self.nameBytes)
    }

    /// Counts from now on, and kills at call `number`.
    func arm(_ number: Int, _ moment: Moment) {
        target.pointee.store(0, ordering: .sequentiallyConsistent)
        word(1).pointee.store(0, ordering: .sequentiallyConsistent)
        word(2).pointee.store(moment.rawValue, ordering: .sequentiallyConsistent)
        target.pointee.store(UInt32(number), ordering: .sequentiallyConsistent)
    }

    /// Counts from now on, and kills nobody.
    func countOnly() {
        arm(Int(UInt32.max), .before)
    }

    /// Counts no more.
    func disarm() {
        target.pointee.store(0, ordering: .sequentiallyConsistent)
    }

    /// How many calls have begun since it was armed.
    var count: Int { Int(word(1).pointee.load(ordering: .sequentiallyConsistent)) }

    /// How many processes have loaded the library.
    var processes: Int { Int(word(3).pointee.load(ordering: .sequentiallyConsistent)) }

    /// Sets the wall clock of the process so far ahead, or behind.
    func stepClock(to seconds: Int64) {
        (memory + 16).assumingMemoryBound(to: Atomic<Int64>.self).pointee
            .store(seconds, ordering: .sequentiallyConsistent)
    }

    /// The call with this number: `fdatasync orders.db-wal`, `write :40001 :40002`, with the socket's own port and its
    /// peer's.
    func name(_ number: Int) -> String {
        guard number >= 1, number <= Self.names else { return "a call" }
        let start = (memory + Self.head + (number - 1) * Self.nameBytes).assumingMemoryBound(to: CChar.self)
        return String(cString: start)
    }

    private var target: UnsafeMutablePointer<Atomic<UInt32>> { word(0) }

    private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        memory.assumingMemoryBound(to: Atomic<UInt32>.self) + index
    }
}
