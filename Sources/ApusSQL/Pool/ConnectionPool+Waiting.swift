// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Synchronization

extension ConnectionPool {
    /// What someone who came for a connection has.
    enum Entry {
        case answer(Answer)
        /// A place in the queue.
        case waiting(WaiterID)
    }

    /// Asks for a connection.
    // Not inlined: what it needs meanwhile would be part of the frame of every statement.
    @inline(never)
    func enter(_ place: CallSite, _ deadline: Instant, isReturning: Bool) -> Entry {
        var entry: Entry?
        perform { guarded, now, actions in
            let waiter = guarded.state.newWaiter()
            let acquisition = guarded.state.acquire(
                waiter, at: place, deadline: deadline, isReturning: isReturning, now: now, actions: &actions)
            switch acquisition {
            case .leased(let lease):
                entry = .answer(answer(to: lease, in: guarded))
            case .refused(let refusal):
                entry = .answer(.failure(error(for: refusal, in: guarded)))
            case .waiting:
                guarded.waiting[waiter] = .coming
                entry = .waiting(waiter)
            }
        }
        return entry ?? .answer(.failure(DatabaseError(.other, "the pool gave no answer")))
    }

    /// Waits for the answer if there is none yet.
    func outcome(of entry: Entry) async throws(DatabaseError) -> PoolLoan {
        switch entry {
        case .answer(let answer): return try answer.get()
        case .waiting(let id): return try await suspend(id).get()
        }
    }

    private func suspend(_ id: WaiterID) async -> Answer {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Answer, Never>) in
                let answer = guarded.withLock { guarded -> Answer? in
                    if case .answered(let answer) = guarded.waiting[id] {
                        guarded.waiting[id] = nil
                        return answer
                    }
                    guarded.waiting[id] = .suspended(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            handle { guarded, _, _ in
                guard guarded.state.cancel(id) else { return nil }
                return self.tell(
                    id, .failure(DatabaseError(.cancelled, "the task was cancelled while it waited for a connection")),
                    in: &guarded)
            }
        }
    }

    /// Gives a waiter its answer.
    ///
    /// - Returns: what to call outside the lock.
    func tell(_ id: WaiterID, _ answer: Answer, in guarded: inout Guarded) -> (@Sendable () -> Void)? {
        switch guarded.waiting[id] {
        case .suspended(let continuation):
            guarded.waiting[id] = nil
            return { continuation.resume(returning: answer) }
        case .coming:
            guarded.waiting[id] = .answered(answer)
            return nil
        case .answered, nil:
            return nil
        }
    }

    func answer(to lease: PoolLease, in guarded: borrowing Guarded) -> Answer {
        guard let connection = guarded.connections[lease.connection] else {
            return .failure(DatabaseError(.other, "the pool lost a connection"))
        }
        return .success(PoolLoan(connection: connection, lease: lease))
    }

    func error(for refusal: PoolRefusal, in guarded: borrowing Guarded) -> DatabaseError {
        switch refusal {
        case .closed:
            return DatabaseError(.closed, "the database is closed")
        case .full:
            return DatabaseError(
                .overloaded, "\(configuration.maxWaiters) callers wait for one of \(configuration.maxOpen) connections")
        case .deadline:
            return DatabaseError(.timeout, "the deadline passed while the statement waited for a connection")
        case .timeout:
            if guarded.state.isDown, let cause = guarded.lastDialError { return cause }
            if guarded.state.hasNothingOpen {
                return DatabaseError(
                    .cannotOpen, "no connection could be opened within \(configuration.acquireTimeout)")
            }
            return DatabaseError(
                .overloaded,
                "none of \(configuration.maxOpen) connections became free within \(configuration.acquireTimeout)")
        case .unreachable:
            return guarded.lastDialError ?? DatabaseError(.cannotOpen, "the server refuses connections")
        }
    }
}
