// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What other threads may know of a link: its condition, and the places that its commands take.
final class LinkStatus: Sendable {
    enum Condition: Sendable {
        /// Nobody has asked for it yet.
        case idle
        case ready
        /// There is no connection, and this is why.
        case failed(RedisError)
        case closed
    }

    let counters: RedisCounters
    private let current = Mutex(Condition.idle)
    private let commands = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)

    init(_ counters: RedisCounters) {
        self.counters = counters
    }

    var condition: Condition { current.withLock { $0 } }

    /// Commands that wait to be sent or for a reply.
    var pending: Int { commands.load(ordering: .relaxed) }

    func became(_ condition: Condition) {
        current.withLock { current in
            if case .closed = current { return }
            current = condition
        }
    }

    /// Takes a place for a command; false if there is none.
    func take(bytes size: Int, maximum: Int, maximumBytes: Int) -> Bool {
        let (isFree, isRoom) = (
            commands.wrappingAdd(1, ordering: .relaxed).newValue <= maximum,
            bytes.wrappingAdd(size, ordering: .relaxed).newValue <= maximumBytes
        )
        if isFree, isRoom { return true }
        give(commands: 1, bytes: size)
        return false
    }

    /// Gives places back.
    func give(commands count: Int, bytes size: Int) {
        commands.wrappingSubtract(count, ordering: .relaxed)
        bytes.wrappingSubtract(size, ordering: .relaxed)
    }
}
