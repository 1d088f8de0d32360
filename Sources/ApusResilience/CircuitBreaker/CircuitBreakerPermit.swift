// SPDX-License-Identifier: Apache-2.0

/// The right to make one call, given by a circuit breaker and handed back with the call's outcome.
///
/// It can't be copied, so it can't be handed back twice. It carries the generation of the breaker that gave it: an
/// outcome that arrives after the breaker has changed its phase is dropped. A permit that is never handed back costs a
/// probe until the probe deadline, nothing more.
public struct CircuitBreakerPermit: ~Copyable, Sendable {
    @usableFromInline let generation: UInt64

    @inlinable
    init(generation: UInt64) {
        self.generation = generation
    }
}

/// The answer of a circuit breaker to the question whether a call may be made.
public enum CircuitBreakerAdmission: ~Copyable, Sendable {
    case admitted(CircuitBreakerPermit)
    /// Not now; `retryAfter` says how long, at the latest, until a call may be let through.
    case rejected(retryAfter: Duration)
}
