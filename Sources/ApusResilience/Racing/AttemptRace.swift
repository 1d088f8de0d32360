// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// Runs attempts of one call beside the task that waits for them, and lets go of those that are not needed any more.
///
/// A task group would do, but it ends only when its last child does: a loser that is slow to heed its cancellation would
/// hold up the answer that is there. So attempts are tasks of their own. They inherit the waiting task's priority,
/// task-locals and executor (an event loop, for one) and begin at once, on its thread. ``close()`` cancels what is still
/// running; what that yields is dropped, and until it ends it counts as a straggler.
///
/// One task waits, any number of attempts run.
final class AttemptRace<Response: Sendable>: Sendable {
    enum Event: Sendable {
        case ended(attempt: Int, Result<Response, CallFailure>)
        /// A moment that was waited for has come.
        case woken
        /// The waiting task is cancelled.
        case cancelled
    }

    private struct State {
        var events: [Event] = []
        var waiter: UnsafeContinuation<Event, Never>?
        var attempts: [Task<Void, Never>] = []
        var timer: Task<Void, Never>?
        var running = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let executor: (any TaskExecutor)?
    private let stragglers: Stragglers

    /// - Parameter stragglers: counts the attempts that outlive the race.
    init(stragglers: Stragglers) {
        self.stragglers = stragglers
        executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    }

    /// Begins an attempt.
    func start(_ attempt: Int, _ operation: @escaping @Sendable () async throws(CallFailure) -> Response) {
        state.withLock { $0.running += 1 }
        let task = Task.immediate(executorPreference: executor) { [self] in
            let result: Result<Response, CallFailure>
            do throws(CallFailure) {
                result = .success(try await operation())
            } catch {
                result = .failure(error)
            }
            end(attempt, result)
        }
        state.withLock { $0.attempts.append(task) }
    }

    /// What happens next: what has happened already and was not told yet goes first, then whatever comes, `instant`
    /// (if there is one) and the cancellation of the waiting task included.
    func first(by instant: Instant?, of time: TimeSource) async -> Event {
        if let event = state.withLock({ $0.events.isEmpty ? nil : $0.events.removeFirst() }) { return event }
        wake(at: instant, of: time)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                let event: Event? = state.withLock { state in
                    if !state.events.isEmpty { return state.events.removeFirst() }
                    state.waiter = waiter
                    return nil
                }
                if let event { waiter.resume(returning: event) }
            }
        } onCancel: {
            post(.cancelled)
        }
    }

    /// Cancels what is running and waits for nothing.
    func close() {
        let (attempts, timer) = state.withLock { state in
            state.isClosed = true
            stragglers.add(state.running)
            defer {
                state.attempts = []
                state.timer = nil
            }
            return (state.attempts, state.timer)
        }
        timer?.cancel()
        for attempt in attempts { attempt.cancel() }
    }

    /// Posts an event at `instant` instead of the moment that was waited for before; nil for not at all.
    private func wake(at instant: Instant?, of time: TimeSource) {
        let timer = instant.map { instant in
            Task.immediate(executorPreference: executor) { [self] in
                do throws(CancellationError) {
                    try await time.sleep(until: instant)
                    post(.woken)
                } catch {
                    // Another moment is waited for, or none.
                }
            }
        }
        let previous = state.withLock { state in
            let previous = state.timer
            state.timer = timer
            return previous
        }
        previous?.cancel()
    }

    private func end(_ attempt: Int, _ result: Result<Response, CallFailure>) {
        let isLate = state.withLock { state in
            state.running -= 1
            if state.isClosed { stragglers.add(-1) }
            return state.isClosed
        }
        if !isLate { post(.ended(attempt: attempt, result)) }
    }

    private func post(_ event: Event) {
        let waiter = state.withLock { state in
            guard !state.isClosed else { return nil as UnsafeContinuation<Event, Never>? }
            guard let waiter = state.waiter else {
                state.events.append(event)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: event)
    }
}
