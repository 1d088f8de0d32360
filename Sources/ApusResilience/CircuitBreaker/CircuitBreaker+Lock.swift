// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

// What goes through the lock.
extension CircuitBreaker {
    /// What the breaker knows.
    public var snapshot: CircuitBreakerSnapshot { withState { state, _ in state.snapshot } }

    /// Changes the mode, which starts a new generation; nothing happens if it is this mode already.
    public func switchMode(to mode: CircuitBreakerMode) {
        let now = time.now
        withState { state, transitions in
            if let transition = state.switchMode(to: mode, now: now) { transitions.append(transition) }
        }
    }

    /// Starts a new generation in the same mode, as if the breaker were new, but for counters and history.
    public func reset() {
        let now = time.now
        withState { state, transitions in transitions.append(state.reset(now: now)) }
    }

    /// Goes on with another configuration; ``CircuitBreakerState/reconfigure(_:now:)`` says what stays.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem; the old configuration stays in force.
    public func reconfigure(_ configuration: CircuitBreakerConfiguration) throws(InvalidConfiguration) {
        let now = time.now
        try withState { (state, transitions) throws(InvalidConfiguration) in
            if let transition = try state.reconfigure(configuration, now: now) { transitions.append(transition) }
        }
    }

    @usableFromInline
    func admitUnlessClosed(now given: Instant?) throws(CallFailure) -> CircuitBreakerPermit {
        if published.isDisabled { return CircuitBreakerPermit(generation: 0, admittedAt: .max) }
        let now = given ?? time.now
        let openUntil = published.openUntil
        if openUntil > now.nanoseconds {
            rejections.wrappingAdd(1, ordering: .relaxed)
            throw rejection(retryAfter: now.duration(to: Instant(nanoseconds: openUntil)))
        }
        let (permit, isProbe, retryAfter) = withState { state, transitions -> (UInt32, Bool, Duration) in
            while let transition = state.advance(to: now) { transitions.append(transition) }
            switch state.admit(now: now) {
            case .admitted(let permit): return (permit.generation, state.phase == .halfOpen, .zero)
            case .rejected(let wait): return (0, false, wait)
            }
        }
        guard retryAfter == .zero else { throw rejection(retryAfter: retryAfter) }
        return CircuitBreakerPermit(
            generation: permit, admittedAt: now.nanoseconds, lender: isProbe ? .passRetained(self) : nil)
    }

    @usableFromInline
    func recordWithLock(generation: UInt32, admittedAt: Int64, _ outcome: CallOutcome, now: Instant) {
        if generation == 0 { return }
        withState { state, transitions in
            while let transition = state.advance(to: now) { transitions.append(transition) }
            if let transition = state.record(generation: generation, admittedAt: admittedAt, outcome, now: now) {
                transitions.append(transition)
            }
            while let transition = state.advance(to: now) { transitions.append(transition) }
        }
    }

    /// A permit for a probe was dropped.
    @usableFromInline
    static func takeBack(generation: UInt32, from lender: Unmanaged<CircuitBreaker>) {
        let breaker = lender.takeRetainedValue()
        breaker.recordWithLock(generation: generation, admittedAt: .max, .cancelled, now: breaker.time.now)
    }

    /// Brings the state up to date, changes it, tells everyone what there is to know, and lets go of the lock before
    /// the callbacks.
    @inline(__always)
    private func withState<Value: Sendable, Failure>(
        _ body: (inout CircuitBreakerState, inout [CircuitBreakerTransition]) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var transitions: [CircuitBreakerTransition] = []
        // Whoever holds the lock lets go of it in some 30 ns: trying again costs less than going to sleep.
        for attempt in 0..<Self.attempts {
            if let value = try state.withLockIfAvailable({ state throws(Failure) in
                try change(&state, &transitions, body)
            }) {
                if !transitions.isEmpty { announce(transitions) }
                return value
            }
            pause(attempt)
        }
        let value = try state.withLock { state throws(Failure) in try change(&state, &transitions, body) }
        if !transitions.isEmpty { announce(transitions) }
        return value
    }

    private static var attempts: Int { 32 }

    /// Lets some nanoseconds pass, more with each attempt, without touching what the holder of the lock writes.
    private func pause(_ attempt: Int) {
        for _ in 0..<(1 + attempt) * 4 { _ = published.openUntil }
    }

    @inline(__always)
    private func change<Value: Sendable, Failure>(
        _ state: inout CircuitBreakerState, _ transitions: inout [CircuitBreakerTransition],
        _ body: (inout CircuitBreakerState, inout [CircuitBreakerTransition]) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let pending = successes.freeze()
        if pending > 0 { state.recordSuccesses(pending) }
        if rejections.load(ordering: .relaxed) != 0 {
            state.counters.rejected += rejections.exchange(0, ordering: .relaxed)
        }
        defer {
            published.update(&state)
            if state.isClosedAndRecording { successes.open(for: state.permitGeneration) }
        }
        return try body(&state, &transitions)
    }

    private func announce(_ transitions: [CircuitBreakerTransition]) {
        guard let onTransition else { return }
        for transition in transitions { onTransition(transition) }
    }

    private func rejection(retryAfter: Duration) -> CallFailure {
        CallFailure(
            .breakerOpen, "the circuit breaker lets no calls through", stage: .admission, service: service,
            retryAfter: retryAfter, mayHaveReachedPeer: false)
    }
}
