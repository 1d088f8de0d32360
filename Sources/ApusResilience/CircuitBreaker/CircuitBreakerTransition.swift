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

    /// As metrics show it: `closed`, `half_open`, `open`.
    public var name: String {
        switch self {
        case .closed: "closed"
        case .halfOpen: "half_open"
        case .open: "open"
        }
    }
}

/// What the signals of a circuit breaker look at.
public struct CircuitBreakerFigures: Sendable, Hashable {
    /// Calls in the window as of the last recorded outcome.
    public let calls: Int
    /// Failures among them.
    public let failures: Int
    /// Slow calls among them, successes and failures.
    public let slow: Int
    /// The current run of failures.
    public let consecutiveFailures: Int
}

/// A change of phase or mode of a circuit breaker; with ``CircuitBreakerMode/metricsOnly`` also what would have been
/// one.
public struct CircuitBreakerTransition: Sendable, Hashable {
    /// The phase before.
    public let from: CircuitBreakerPhase
    /// The phase from now on. A switch of the mode may leave it as it was.
    public let to: CircuitBreakerPhase
    /// Why, if it opened, or would have.
    public let reason: CircuitBreakerTripReason?
    /// When. For a change that time alone made it is the moment it was due, which may lie before the call that showed
    /// it.
    public let at: Instant
    /// Rises with each transition: says which of two came first. A trip that was only reported doesn't raise it.
    public let generation: UInt64
    /// The mode from now on.
    public let mode: CircuitBreakerMode
    /// What the signals saw at that moment, before the window was emptied.
    public let figures: CircuitBreakerFigures

    /// Whether this is a trip that was not made, because the breaker only reports.
    public var isOnlyReported: Bool { mode == .metricsOnly && reason != nil }
}

extension CircuitBreakerTransition: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        if let reason, isOnlyReported { return "would have opened: \(reason)" }
        let mode = mode == .enabled ? "" : " (\(mode.rawValue))"
        return "\(from) to \(to)\(mode)\(reason.map { ": \($0)" } ?? "")"
    }
}
