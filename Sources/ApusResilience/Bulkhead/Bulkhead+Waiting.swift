// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

extension Bulkhead {
    /// Asks for a call, and notes whoever has to wait for it.
    func begin(partition: Int, deadline: Instant) -> (BulkheadAdmission, inFlight: Int) {
        var result = (BulkheadAdmission.admitted, inFlight: 0)
        perform { guarded, now, actions in
            result.0 = guarded.state.acquire(partition: partition, deadline: deadline, now: now, actions: &actions)
            result.inFlight = guarded.state.inFlight
            if case .waiting(let ticket) = result.0 { guarded.waiting[ticket] = .coming }
        }
        return result
    }

    /// Suspends until the waiter has its answer. A grant that comes before the cancellation wins; its permit is given back
    /// by whoever takes it.
    func answer(to ticket: BulkheadTicket) async -> Answer {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Answer, Never>) in
                let answer = guarded.withLock { guarded -> Answer? in
                    if case .answered(let answer) = guarded.waiting[ticket] {
                        guarded.waiting[ticket] = nil
                        return answer
                    }
                    guarded.waiting[ticket] = .suspended(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = guarded.withLock { guarded -> UnsafeContinuation<Answer, Never>? in
                guard guarded.state.cancel(ticket) else { return nil }
                return Self.tell(ticket, .cancelled, in: &guarded)
            }
            continuation?.resume(returning: .cancelled)
        }
    }

    /// Tells the state something under the lock, then does outside of it what the state asks for.
    func perform(_ event: (inout Guarded, Instant, inout [BulkheadAction]) -> Void) {
        let now = time.now
        var actions: [BulkheadAction] = []
        var resumptions: [(UnsafeContinuation<Answer, Never>, Answer)] = []
        var wakeAt: Instant?
        guarded.withLock { guarded in
            event(&guarded, now, &actions)
            for action in actions {
                let (ticket, answer) = Self.answer(in: action, inFlight: guarded.state.inFlight)
                if let continuation = Self.tell(ticket, answer, in: &guarded) {
                    resumptions.append((continuation, answer))
                }
            }
            if let next = guarded.state.nextExpiry, next < guarded.wakeAt {
                guarded.wakeAt = next
                wakeAt = next
            }
        }
        for (continuation, answer) in resumptions { continuation.resume(returning: answer) }
        if let wakeAt { wake(at: wakeAt) }
    }

    /// Sees to it that those whose time is up hear of it, on the executor of the task that asks. One who is woken for
    /// nothing does no harm.
    private func wake(at instant: Instant) {
        let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
        Task(executorPreference: executor) { [weak self, time] in
            do { try await time.sleep(until: instant) } catch { return }
            self?.perform { guarded, now, actions in
                if guarded.wakeAt == instant { guarded.wakeAt = .distantFuture }
                guarded.state.expire(now: now, actions: &actions)
            }
        }
    }

    private static func answer(in action: BulkheadAction, inFlight: Int) -> (BulkheadTicket, Answer) {
        switch action {
        case .grant(let ticket): (ticket, .granted(inFlight: inFlight))
        case .reject(let ticket, let rejection): (ticket, .rejected(rejection))
        }
    }

    /// Gives a waiter its answer.
    ///
    /// - Returns: what to resume outside the lock.
    private static func tell(
        _ ticket: BulkheadTicket, _ answer: Answer, in guarded: inout Guarded
    ) -> UnsafeContinuation<Answer, Never>? {
        switch guarded.waiting[ticket] {
        case .suspended(let continuation):
            guarded.waiting[ticket] = nil
            return continuation
        case .coming:
            guarded.waiting[ticket] = .answered(answer)
            return nil
        case .answered, nil:
            return nil
        }
    }
}
