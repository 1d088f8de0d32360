// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One load that any number of callers wait for.
@usableFromInline
final class Flight<Value: Sendable>: Sendable {
    /// Who began it learns from this what is to do.
    enum Join {
        /// Wait for the result that will come.
        case waiting
        /// It ended meanwhile.
        case ended(Result<Value, any Error>)
    }

    private struct State {
        var waiters: [UInt64: CheckedContinuation<Value, any Error>] = [:]
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
        var expected = 0
        var result: Result<Value, any Error>?
        var task: Task<Void, Never>?
    }

    private let state = Mutex(State())

    init() {}

    /// Announces a caller before it waits, so that the load isn't cancelled under it; nil if nobody is left and the load
    /// is being cancelled.
    func reserve() -> UInt64? {
        state.withLock { state in
            if state.expected == 0, state.nextID > 0, state.result == nil { return nil }
            state.expected += 1
            state.nextID += 1
            return state.nextID
        }
    }

    /// Keeps the task that loads, so that it can be cancelled.
    func setTask(_ task: Task<Void, Never>) {
        let isAbandoned = state.withLock { state in
            state.task = task
            return state.expected == 0 && state.result == nil
        }
        if isAbandoned { task.cancel() }
    }

    /// Waits for the result.
    ///
    /// - Throws: the load's error; `CancellationError` if the caller's task is cancelled, while the load goes on.
    func wait(_ id: UInt64, onAbandoned: @escaping @Sendable () -> Void) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if let result = state.result { return result }
                    state.waiters[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            leave(id, onAbandoned: onAbandoned)
        }
    }

    /// Gives the result to all who wait.
    func finish(_ result: Result<Value, any Error>) {
        let waiters = state.withLock { state in
            state.result = result
            state.task = nil
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(with: result) }
    }

    private func leave(_ id: UInt64, onAbandoned: () -> Void) {
        let (waiter, task, isAbandoned) = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: id)
            if state.result != nil { return (waiter, nil as Task<Void, Never>?, false) }
            if waiter == nil { state.cancelled.insert(id) }
            state.expected -= 1
            return (waiter, state.expected == 0 ? state.task : nil, state.expected == 0)
        }
        if isAbandoned { onAbandoned() }
        task?.cancel()
        waiter?.resume(throwing: CancellationError())
    }
}
