// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The counters of a circuit breaker since it was made. They only rise.
public struct CircuitBreakerCounters: Sendable, Hashable {
    /// Calls that the peer answered.
    public internal(set) var successes: UInt64 = 0
    /// Calls that failed, probes included.
    public internal(set) var failures: UInt64 = 0
    /// Those of both that were slow, probes included. Stays 0 without a slow call rate.
    public internal(set) var slow: UInt64 = 0
    /// Calls whose outcome was not to be counted.
    public internal(set) var ignored: UInt64 = 0
    /// Calls that told nothing about the peer.
    public internal(set) var cancelled: UInt64 = 0
    /// Calls that were not let through.
    public internal(set) var rejected: UInt64 = 0
    /// Outcomes that came after a change of phase or mode and were dropped.
    public internal(set) var late: UInt64 = 0
    /// How often the breaker opened, by itself or by force.
    public internal(set) var trips: UInt64 = 0
}

/// What a circuit breaker knows at one moment, for metrics and the live page.
///
/// A breaker changes its phase when a call asks, not by a timer: one whose open time has passed shows open
/// until the next call. It is for people; don't feed it into readiness, or one bad peer takes the whole fleet out.
public struct CircuitBreakerSnapshot: Sendable, Hashable {
    /// What the breaker does with calls, as of the last one.
    public let phase: CircuitBreakerPhase
    /// Whether it acts on what it sees.
    public let mode: CircuitBreakerMode
    /// Starts at 1 and rises with every change of phase or mode.
    public let generation: UInt64
    /// What the signals see.
    public let figures: CircuitBreakerFigures
    /// Why it last opened; nil if it is closed.
    public let reason: CircuitBreakerTripReason?
    /// Until when calls are rejected, if it is open by itself.
    public let openUntil: Instant?
    /// Half-open: permits that are out.
    public let probesOut: Int
    /// What happened since the breaker was made.
    public let counters: CircuitBreakerCounters
    /// The last transitions, oldest first, as many as the configuration says.
    public let history: [CircuitBreakerTransition]

    /// The current run of failures.
    public var consecutiveFailures: Int { figures.consecutiveFailures }
    /// Calls in the window as of the last recorded outcome.
    public var windowCalls: Int { figures.calls }
    /// Failures among them.
    public var windowFailures: Int { figures.failures }
    /// Slow calls among them.
    public var windowSlow: Int { figures.slow }
    /// The phase as a number for a metric: 0 closed, 1 half-open, 2 open.
    public var gauge: Int { Int(phase.rawValue) }
}
