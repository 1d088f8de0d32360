// SPDX-License-Identifier: Apache-2.0

/// Why a circuit breaker opened. If several reasons hold at once, the first of this list is given.
public enum CircuitBreakerTripReason: Sendable, Hashable {
    /// So many calls in a row failed.
    case consecutiveFailures(Int)
    /// So many of the calls in the window failed.
    case failureRate(failures: Int, calls: Int)
    /// So many of the calls in the window were slow.
    case slowCallRate(slow: Int, calls: Int)
    /// The peer said when to come back.
    case retryAfter(Duration)
    /// A probe failed.
    case probeFailed
    /// A probe succeeded, but slowly: it took so long.
    case probeSlow(Duration)
    /// The probes did not come back within the probe deadline.
    case probeTimedOut
    /// A person said so.
    case forced

    /// The name without the figures, as the label of a metric.
    public var name: String {
        switch self {
        case .consecutiveFailures: "consecutive_failures"
        case .failureRate: "failure_rate"
        case .slowCallRate: "slow_call_rate"
        case .retryAfter: "retry_after"
        case .probeFailed: "probe_failed"
        case .probeSlow: "probe_slow"
        case .probeTimedOut: "probe_timed_out"
        case .forced: "forced"
        }
    }
}

extension CircuitBreakerTripReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .consecutiveFailures(let count): "\(count) failures in a row"
        case .failureRate(let failures, let calls): "\(failures) of \(calls) calls failed"
        case .slowCallRate(let slow, let calls): "\(slow) of \(calls) calls were slow"
        case .retryAfter(let wait): "the peer asked to come back in \(wait)"
        case .probeFailed: "a probe failed"
        case .probeSlow(let duration): "a probe took \(duration)"
        case .probeTimedOut: "the probes did not come back"
        case .forced: "forced"
        }
    }
}
