// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Who is to be called when something comes into a channel.
public final class WakerTable: Sendable {
    private struct State {
        /// In the order in which they came.
        var entries: [(id: UInt64, channel: Channel, wake: @Sendable () -> Void)] = []
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Adds a caller; gives what ``remove(_:)`` knows it by.
    public func add(_ channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.entries.append((state.next, channel, wake))
            return state.next
        }
    }

    /// Calls it no more.
    public func remove(_ id: UInt64) {
        state.withLock { $0.entries.removeAll { $0.id == id } }
    }

    /// Calls everyone, outside the lock.
    public func wakeAll() {
        let callers = state.withLock { $0.entries }
        for caller in callers { caller.wake() }
    }

    /// Calls those of `channels`, outside the lock.
    public func wake(_ channels: Set<Channel>) {
        let callers = state.withLock { $0.entries.filter { channels.contains($0.channel) } }
        for caller in callers { caller.wake() }
    }
}
