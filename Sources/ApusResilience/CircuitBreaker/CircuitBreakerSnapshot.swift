// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The counters of a circuit breaker since it was made. They only rise.
public struct CircuitBreakerCounters: Sendable, Hashable {
    /// Calls that the peer answered.
    public internal(set) var successes: UInt64 = 0
    /// Calls that failed, probes included.
    public internal(set) var failures: UInt64 = 0
    /// Calls that told nothing about the peer.
    public internal(set) var cancelled: UInt64 = 0
    /// Calls that were not let through.
    public internal(set) var rejected: UInt64 = 0
    /// Outcomes that came after a change of phase and were dropped.
    public internal(set) var late: UInt64 = 0
    /// How often the breaker opened.
    public internal(set) var trips: UInt64 = 0
}

/// What a circuit breaker knows at one moment, for metrics and the live page.
///
/// A breaker changes its phase when a call asks, not by a timer: one whose open time has passed shows open
/// until the next call. It is for people; don't feed it into readiness, or one bad peer takes the whole fleet out.
public struct CircuitBreakerSnapshot: Sendable, Hashable {
    /// What the breaker does with calls, as of the last one.
    public let phase: CircuitBreakerPhase
    /// Starts at 1 and rises with every change of phase.
    public let generation: UInt64
    /// The current run of failures.
    public let consecutiveFailures: Int
    /// Calls in the window as of the last recorded outcome.
    public let windowCalls: Int
    /// Failures among them.
    public let windowFailures: Int
    /// Why it last opened; nil if it is closed.
    public let reason: CircuitBreakerTripReason?
    /// Until when calls are rejected, if it is open.
    public let openUntil: Instant?
    /// What happened since the breaker was made.
    public let counters: CircuitBreakerCounters
}
