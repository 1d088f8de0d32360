// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// What waits for one subscriber. Filled on the event loop, emptied by one task.
final class SubscriptionQueue: Sendable {
    private struct State {
        var events = CircularBuffer<RedisEvent>()
        var waiter: CheckedContinuation<RedisEvent?, Never>?
        var hasEnded = false
    }

    private let capacity: Int
    private let counters: RedisCounters
    private let state = Mutex(State())

    init(capacity: Int, counters: RedisCounters) {
        self.capacity = capacity
        self.counters = counters
    }

    /// Adds an event; if there is no room, notes in its place how many are missing.
    func push(_ event: RedisEvent) {
        let waiter = state.withLock { state -> CheckedContinuation<RedisEvent?, Never>? in
            if state.hasEnded { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            if state.events.count < capacity {
                state.events.append(event)
            } else {
                counters.droppedMessages.wrappingAdd(1, ordering: .relaxed)
                if case .gap(.overflow(let missing))? = state.events.last {
                    state.events[state.events.index(before: state.events.endIndex)] = .gap(.overflow(missing + 1))
                } else {
                    state.events.append(.gap(.overflow(1)))
                }
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
