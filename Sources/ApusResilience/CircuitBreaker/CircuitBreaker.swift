// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

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
/// ``admit()`` reads one atomic and a success that isn't slow is one atomic addition; while it is open, a rejection is
/// one too. Failures, slow calls and the first success of each bucket of the window take the lock for a moment, as does
/// everything in the half-open phase. What the breaker decides is all the same what the state would decide if the calls
/// came one after the other.
public final class CircuitBreaker: Sendable {
    /// The service whose calls are watched; failures name it.
    public let service: String?

    /// What can be said without the lock. Written under it.
    @usableFromInline let published: PublishedState
    @usableFromInline let successes = SuccessCounter()
    let rejections = Atomic<UInt64>(0)
    let state: Mutex<CircuitBreakerState>
    @usableFromInline let time: TimeSource
    let onTransition: (@Sendable (CircuitBreakerTransition) -> Void)?

    /// - Parameters:
    ///   - service: the name of the peer, for failures. Default none.
    ///   - configuration: when to trip and how to recover.
    ///   - time: the clock, the machine's by default.
    ///   - random: the chance that shortens open times, if the configuration has a jitter.
    ///   - onTransition: called after each transition, on the thread that caused it, outside the lock; may ask the
    ///     breaker anything. Two changes in quick succession may be told by two threads at once: compare their
    ///     generation.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        service: String? = nil, configuration: CircuitBreakerConfiguration = .init(), time: TimeSource = .system,
        random: FastRandom = FastRandom(), onTransition: (@Sendable (CircuitBreakerTransition) -> Void)? = nil
    ) throws(InvalidConfiguration) {
        var initial = try CircuitBreakerState(configuration, random: random)
        self.service = service
        self.time = time
        self.onTransition = onTransition
        published = PublishedState(&initial)
        if initial.isClosedAndRecording { successes.open(for: initial.permitGeneration) }
        state = Mutex(initial)
    }

    /// Makes a call if the breaker lets it through, and records what became of it.
    ///
    /// A task that was cancelled while the call failed says nothing about the peer.
    ///
    /// - Parameters:
    ///   - judge: what a result says about the peer, for calls whose errors come as values. Default: success.
    ///   - judgeFailure: what an error says about the peer. Default: ``CallOutcome/init(_:)``.
    ///   - operation: the call.
    /// - Throws: what `operation` throws; ``CallFailure/Code/breakerOpen`` with `retryAfter` if it is not let through.
    @inlinable
    public func call<Value>(
        judging judge: (Value) -> CallOutcome = { _ in .success },
        failures judgeFailure: (CallFailure) -> CallOutcome = { CallOutcome($0) },
        _ operation: () async throws(CallFailure) -> Value
    ) async throws(CallFailure) -> Value {
        let permit = try admit()
        let value: Value
        do throws(CallFailure) {
            value = try await operation()
        } catch {
            record(permit, Task.isCancelled ? .cancelled : judgeFailure(error))
            throw error
        }
        record(permit, judge(value))
        return value
    }

    /// Asks for a permit to make a call now. Reads the clock only if slow calls are watched or the breaker isn't closed.
    ///
    /// - Throws: ``CallFailure/Code/breakerOpen`` with `retryAfter`.
    @inlinable
    public func admit() throws(CallFailure) -> CircuitBreakerPermit {
        let generation = published.closedGeneration
        guard generation != 0 else { return try admitUnlessClosed(now: nil) }
        let isMeasured = published.slowDuration != .max
        return CircuitBreakerPermit(generation: generation, admittedAt: isMeasured ? time.now.nanoseconds : .max)
    }

    /// Asks for a permit to make a call at `now`, for callers that know the time.
    ///
    /// - Throws: ``CallFailure/Code/breakerOpen`` with `retryAfter`.
    @inlinable
    public func admit(now: Instant) throws(CallFailure) -> CircuitBreakerPermit {
        let generation = published.closedGeneration
        guard generation != 0 else { return try admitUnlessClosed(now: now) }
        return CircuitBreakerPermit(generation: generation, admittedAt: now.nanoseconds)
    }

    /// Hands a permit back with what became of its call, which took from the admission until now.
    @inlinable
    public func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome) {
        record(permit, outcome, now: time.now)
    }

    /// Hands a permit back with what became of its call, which took from the admission until `now`.
    @inlinable
    public func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, now: Instant) {
        let (generation, admittedAt) = (permit.generation, permit.admittedAt)
        permit.spend()
        if case .success = outcome, now.nanoseconds < published.successesUntil,
            now.nanoseconds &- admittedAt <= published.slowDuration, successes.add(for: generation)
        {
            return
        }
        recordWithLock(generation: generation, admittedAt: admittedAt, outcome, now: now)
    }
}
