// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// What waits for one subscriber. Filled on the event loop, emptied by one task.
final class SubscriptionQueue: Sendable {
    private struct State {
        var events = CircularBuffer<RedisEvent>()
        var waiter: CheckedContinuation<RedisEvent?, Never>?
        var hasEnded = false

        /// Counts one more message that there is no room for, behind the last one that there was room for.
        mutating func noteMissing() {
            var index = events.endIndex
            while index > events.startIndex {
                index = events.index(before: index)
                guard case .gap(let gap) = events[index] else { break }
                if case .overflow(let missing) = gap {
                    events[index] = .gap(.overflow(missing + 1))
                    return
                }
            }
            events.append(.gap(.overflow(1)))
        }

        /// Adds what happened to the connection. One that comes and goes while nobody reads takes no more room than one
        /// that went.
        mutating func append(_ gap: RedisGap) {
            if gap == .disconnected, events.suffix(2).elementsEqual([.gap(.disconnected), .gap(.resubscribed)]) {
                events.removeLast()
            } else {
                events.append(.gap(gap))
            }
        }
    }

    private let capacity: Int
    private let counters: RedisCounters
    private let state = Mutex(State())

    init(capacity: Int, counters: RedisCounters) {
        self.capacity = capacity
        self.counters = counters
    }

    /// Adds an event. If there is no room, messages are only counted; what happens to the connection is always told.
    func push(_ event: RedisEvent) {
        let waiter = state.withLock { state -> CheckedContinuation<RedisEvent?, Never>? in
            if state.hasEnded { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            if state.events.count < capacity {
                state.events.append(event)
            } else if case .gap(let gap) = event {
                state.append(gap)
            } else {
                counters.droppedMessages.wrappingAdd(1, ordering: .relaxed)
                state.noteMissing()
            }
            return nil
        }
        waiter?.resume(returning: event)
    }

    /// Nothing comes any more.
    func end() {
        let waiter = state.withLock { state in
            state.hasEnded = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The next event; nil at the end, when the task is cancelled, and for a second task that asks meanwhile.
    func next() async -> RedisEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isNow, event) = state.withLock { state -> (Bool, RedisEvent?) in
                    if let event = state.events.popFirst() { return (true, event) }
                    if state.hasEnded || state.waiter != nil || Task.isCancelled { return (true, nil) }
                    state.waiter = continuation
                    return (false, nil)
                }
                if isNow { continuation.resume(returning: event) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
