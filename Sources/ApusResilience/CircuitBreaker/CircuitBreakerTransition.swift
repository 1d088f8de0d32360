// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What a circuit breaker does with calls.
public enum CircuitBreakerPhase: UInt8, Sendable, Hashable {
    /// Calls go through and are watched. The gauge shows 0.
    case closed = 0
    /// A few probes go through, everything else is rejected. The gauge shows 1.
    case halfOpen = 1
    /// Every call is rejected. The gauge shows 2.
    case open = 2
}

/// Why a circuit breaker opened. If several reasons hold at once, the first of this list is given.
public enum CircuitBreakerTripReason: Sendable, Hashable {
    /// So many calls in a row failed.
    case consecutiveFailures(Int)
    /// So many of the calls in the window failed.
    case failureRate(failures: Int, calls: Int)
    /// A probe failed.
    case probeFailed
    /// The probes did not come back within the probe deadline.
    case probeTimedOut
}

/// A change of phase of a circuit breaker.
public struct CircuitBreakerTransition: Sendable, Hashable {
    /// The phase before.
    public let from: CircuitBreakerPhase
    /// The phase from now on.
    public let to: CircuitBreakerPhase
    /// Why, if it opened.
    public let reason: CircuitBreakerTripReason?
    /// When. For a change that time alone made it is the moment it was due, which may lie before the call that showed
    /// it.
    public let at: Instant
    /// Rises by one with each transition: says which of two came first.
    public let generation: UInt64
}
