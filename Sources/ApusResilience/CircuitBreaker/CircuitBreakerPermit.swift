// SPDX-License-Identifier: Apache-2.0

/// The right to make one call, given by a circuit breaker and handed back with the call's outcome.
///
/// It can't be copied, so it can't be handed back twice. It carries the generation of the breaker that gave it: an
/// outcome that arrives after the breaker has changed its phase is dropped. The permit of a probe that a
/// ``CircuitBreaker`` gave hands itself back as cancelled when it is dropped; any other permit may be dropped freely.
@frozen
public struct CircuitBreakerPermit: ~Copyable, Sendable {
    /// The low half of the generation; 0 from a breaker that records nothing.
    @usableFromInline let generation: UInt32
    /// When it was given, in nanoseconds; `Int64.max` if nobody measures.
    @usableFromInline let admittedAt: Int64
    /// The breaker that wants it back, retained, if it is for a probe.
    @usableFromInline let lender: Unmanaged<CircuitBreaker>?

    @inlinable
    init(generation: UInt32, admittedAt: Int64, lender: Unmanaged<CircuitBreaker>? = nil) {
        self.generation = generation
        self.admittedAt = admittedAt
        self.lender = lender
    }

    /// Ends the permit, whose outcome is being recorded.
    @inlinable
    consuming func spend() {
        lender?.release()
        discard self
    }

    deinit {
        if let lender { CircuitBreaker.takeBack(generation: generation, from: lender) }
    }
}

/// The answer of a circuit breaker to the question whether a call may be made.
public enum CircuitBreakerAdmission: ~Copyable, Sendable {
    case admitted(CircuitBreakerPermit)
    /// Not now; `retryAfter` says how long, at the latest, until a call may be let through.
    case rejected(retryAfter: Duration)
}
