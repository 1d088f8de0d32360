// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One load that any number of callers wait for, or nobody if it runs in the background.
@usableFromInline
final class Flight<Value: Sendable>: Sendable {
    /// What a caller who wants to join gets.
    enum Place {
        /// The number to wait with.
        case place(UInt64)
        /// As many wait as may.
        case full
        /// Everyone left: it is being cancelled.
        case abandoned
    }

    private struct State {
        /// Most loads have one.
        var first: (id: UInt64, continuation: UnsafeContinuation<Value, any Error>)?
        var others: [UInt64: UnsafeContinuation<Value, any Error>] = [:]
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
        var expected = 0
        var result: Result<Value, any Error>?
        var task: Task<Void, Never>?

        mutating func add(_ id: UInt64, _ continuation: UnsafeContinuation<Value, any Error>) {
            if first == nil { first = (id, continuation) } else { others[id] = continuation }
        }

        mutating func remove(_ id: UInt64) -> UnsafeContinuation<Value, any Error>? {
            guard let first, first.id == id else { return others.removeValue(forKey: id) }
            self.first = nil
            return first.continuation
        }

        func isAbandoned(_ isBackground: Bool) -> Bool {
            !isBackground && expected == 0 && nextID > 0 && result == nil
        }
    }

    let policy: CachePolicy
    /// A load in the background is nobody's, so it isn't cancelled when those who joined have gone.
    let isBackground: Bool
    /// Whether a fresh value is there, to be replaced ahead of its expiry.
    let isAhead: Bool
    /// How often something had been removed by a tag when it began.
    let tagRemovals: UInt64
    /// Whether an old value will do if the load fails; nil: each does.
    let accepts: (@Sendable (Value) -> Bool)?
    private let state = Mutex(State())

    init(
        _ policy: CachePolicy, isBackground: Bool, isAhead: Bool, tagRemovals: UInt64,
        accepts: (@Sendable (Value) -> Bool)? = nil
    ) {
        self.tagRemovals = tagRemovals
        self.accepts = accepts
        self.policy = policy
        self.isBackground = isBackground
        self.isAhead = isAhead
    }

    /// How many wait for the result or are about to.
    var expected: Int { state.withLock { $0.expected } }

    /// Announces a caller before it waits, so that the load isn't cancelled under it.
    func reserve(limit: Int) -> Place {
        state.withLock { state in
            if state.isAbandoned(isBackground) { return .abandoned }
            guard state.expected < limit else { return .full }
            state.expected += 1
            state.nextID += 1
            return .place(state.nextID)
        }
    }

    /// Keeps the task that loads, so that it can be cancelled.
    func setTask(_ task: Task<Void, Never>) {
        let isAbandoned = state.withLock { state in
            guard state.result == nil else { return false }
            state.task = task
            return state.isAbandoned(isBackground)
        }
        if isAbandoned { task.cancel() }
    }

    /// Waits for the result.
    ///
    /// - Throws: the load's error; `CancellationError` if the caller's task is cancelled, while the load goes on.
    func wait(_ id: UInt64, onAbandoned: @Sendable () -> Void) async throws -> Value {
        if let result = state.withLock({ $0.result }) { return try result.get() }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Value, any Error>) in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if let result = state.result { return result }
                    state.add(id, continuation)
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
        let (first, others) = state.withLock { state in
            state.result = result
            state.task = nil
            defer { (state.first, state.others) = (nil, [:]) }
            return (state.first, state.others)
        }
        first?.continuation.resume(with: result)
        for waiter in others.values { waiter.resume(with: result) }
    }

    private func leave(_ id: UInt64, onAbandoned: () -> Void) {
        let (waiter, task, isAbandoned) = state.withLock { state in
            let waiter = state.remove(id)
            if state.result != nil { return (waiter, nil as Task<Void, Never>?, false) }
            if waiter == nil { state.cancelled.insert(id) }
            state.expected -= 1
            let isAbandoned = state.isAbandoned(isBackground)
            return (waiter, isAbandoned ? state.task : nil, isAbandoned)
        }
        if isAbandoned { onAbandoned() }
        task?.cancel()
        waiter?.resume(throwing: CancellationError())
    }
}
