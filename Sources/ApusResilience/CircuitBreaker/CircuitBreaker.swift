// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// A circuit breaker around the calls to one peer: ``CircuitBreakerState`` with a lock and a clock.
///
/// ```swift
/// let breaker = try CircuitBreaker(service: "users")
/// let user = try await breaker.call { () async throws(CallFailure) in try await client.getUser(id) }
/// ```
///
/// Whoever can't wrap the call in a closure, as the gateway on its event loop, asks ``admit(now:)``, keeps the permit
/// for the time of the exchange and hands it back once with ``record(_:_:now:)``.
///
/// Safe to use from any thread. The lock is never held during a call or a callback. While the breaker is closed,
/// ``admit()`` reads one atomic: neither clock nor lock.
public final class CircuitBreaker: Sendable {
    /// The service whose calls are watched; failures name it.
    public let service: String?

    /// The generation while the breaker is closed, otherwise 0. Written under the lock.
    @usableFromInline let closedGeneration: Atomic<UInt64>
    private let state: Mutex<CircuitBreakerState>
    @usableFromInline let time: TimeSource
    private let onTransition: (@Sendable (CircuitBreakerTransition) -> Void)?

    /// - Parameters:
    ///   - service: the name of the peer, for failures. Default none.
    ///   - configuration: when to trip and how to recover.
    ///   - time: the clock, the machine's by default.
    ///   - onTransition: called after each change of phase, on the thread that caused it, outside the lock; may ask the
    ///     breaker anything. Two changes in quick succession may be told by two threads at once: compare their
    ///     generation.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        service: String? = nil, configuration: CircuitBreakerConfiguration = .init(), time: TimeSource = .system,
        onTransition: (@Sendable (CircuitBreakerTransition) -> Void)? = nil
    ) throws(InvalidConfiguration) {
        let initial = try CircuitBreakerState(configuration)
        self.service = service
        self.time = time
        self.onTransition = onTransition
        closedGeneration = Atomic(initial.generation)
        state = Mutex(initial)
    }

    /// Makes a call if the breaker lets it through, and records what became of it.
    ///
    /// A task that was cancelled while the call failed says nothing about the peer.
    ///
    /// - Parameters:
    ///   - judge: what a result says about the peer, for calls whose errors come as values. Default: success.
    ///   - operation: the call.
    /// - Throws: what `operation` throws; ``CallFailure/Code/breakerOpen`` with `retryAfter` if it is not let through.
    @inlinable
    public func call<Value>(
        judging judge: (Value) -> CallOutcome = { _ in .success },
        _ operation: () async throws(CallFailure) -> Value
    ) async throws(CallFailure) -> Value {
        let permit = try admit()
        let value: Value
        do throws(CallFailure) {
            value = try await operation()
        } catch {
            record(permit, Task.isCancelled ? .cancelled : CallOutcome(error))
            throw error
        }
        record(permit, judge(value))
        return value
    }

    /// Asks for a permit to make a call now.
    ///
    /// - Throws: ``CallFailure/Code/breakerOpen`` with `retryAfter`.
    @inlinable
    public func admit() throws(CallFailure) -> CircuitBreakerPermit {
        let generation = closedGeneration.load(ordering: .acquiring)
        if generation != 0 { return CircuitBreakerPermit(generation: generation) }
        return try admitUnlessClosed(now: time.now)
    }

    /// Asks for a permit to make a call at `now`, for callers that know the time.
    ///
    /// - Throws: ``CallFailure/Code/breakerOpen`` with `retryAfter`.
    @inlinable
    public func admit(now: Instant) throws(CallFailure) -> CircuitBreakerPermit {
        let generation = closedGeneration.load(ordering: .acquiring)
        if generation != 0 { return CircuitBreakerPermit(generation: generation) }
        return try admitUnlessClosed(now: now)
    }

    /// Hands a permit back with what became of its call.
    @inlinable
    public func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome) {
        record(generation: permit.generation, outcome, now: time.now)
    }

    /// Hands a permit back with what became of its call, for callers that know the time.
    @inlinable
    public func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, now: Instant) {
        record(generation: permit.generation, outcome, now: now)
    }

    /// What the breaker knows.
    public var snapshot: CircuitBreakerSnapshot { state.withLock { $0.snapshot } }

    @usableFromInline
    func admitUnlessClosed(now: Instant) throws(CallFailure) -> CircuitBreakerPermit {
        var transitions: [CircuitBreakerTransition] = []
        var generation: UInt64 = 0
        var retryAfter = Duration.zero
        state.withLock { state in
            while let transition = state.advance(to: now) { transitions.append(transition) }
            switch state.admit(now: now) {
            case .admitted(let permit): generation = permit.generation
            case .rejected(let wait): retryAfter = wait
            }
            publish(state)
        }
        announce(transitions)
        guard generation != 0 else {
            throw CallFailure(
                .breakerOpen, "the circuit breaker lets no calls through", stage: .admission, service: service,
                retryAfter: retryAfter, mayHaveReachedPeer: false)
        }
        return CircuitBreakerPermit(generation: generation)
    }

    @usableFromInline
    func record(generation: UInt64, _ outcome: CallOutcome, now: Instant) {
        var transitions: [CircuitBreakerTransition] = []
        state.withLock { state in
            let before = state.generation
            while let transition = state.advance(to: now) { transitions.append(transition) }
            if let transition = state.record(generation: generation, outcome, now: now) {
                transitions.append(transition)
            }
            if state.generation != before { publish(state) }
        }
        if !transitions.isEmpty { announce(transitions) }
    }

    private func publish(_ state: borrowing CircuitBreakerState) {
        closedGeneration.store(state.phase == .closed ? state.generation : 0, ordering: .releasing)
    }

    private func announce(_ transitions: [CircuitBreakerTransition]) {
        guard let onTransition else { return }
        for transition in transitions { onTransition(transition) }
    }
}
