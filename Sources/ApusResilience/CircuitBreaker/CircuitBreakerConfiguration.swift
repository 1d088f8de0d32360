// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// When a circuit breaker trips and how it recovers.
///
/// Three signals watch the peer, because each is blind where the others see. A run of ``consecutiveFailures`` notices at
/// once a peer that is dead; a ``failureRate`` over a ``window`` notices one that fails now and then, which never makes
/// a run; a ``slowCallRate`` notices one that answers, but too late to be of use. Each may be turned off; with all off
/// the breaker never trips.
public struct CircuitBreakerConfiguration: Sendable, Hashable {
    /// Whether it acts on what it sees. Default ``CircuitBreakerMode/enabled``.
    public var mode = CircuitBreakerMode.enabled
    /// Trips when so many calls in a row have failed. Default 5, from 0 (off) to 1,000,000.
    public var consecutiveFailures = 5
    /// Trips when a failure makes the share of failed calls in the window at least this. Default 0.5, above 0 and at
    /// most 1; nil is off.
    public var failureRate: Double? = 0.5
    /// Trips when a slow call makes the share of slow calls in the window at least this. Default nil, which is off and
    /// measures no durations; above 0 and at most 1.
    public var slowCallRate: Double?
    /// A call that took longer than this, from its admission to its record, is slow, whether it succeeded or failed.
    /// Default 1 s, 1 ms to 1 h. Means nothing without a ``slowCallRate``.
    public var slowCallDuration = Duration.seconds(1)
    /// The rates are not judged below so many calls in the window: the cold start. Default 20, 1 to 1,000,000, and at
    /// most the calls of a window that counts calls.
    public var minimumCalls = 20
    /// How far back the rates look. Default 10 s in 10 buckets.
    public var window = CircuitBreakerWindow.time(.seconds(10))
    /// Whether one failure with a `Retry-After` trips it, whatever the signals say. Default false: a peer that sheds
    /// load sends it with single rejections while it serves the rest.
    public var tripsOnRetryAfter = false
    /// How long the breaker rejects calls after it trips. Default 5 s, 1 ms to 1 h.
    public var openDuration = Duration.seconds(5)
    /// By how much the open time grows when the probes fail again. Default 2, 1 to 10. A recovery starts afresh.
    public var openDurationFactor = 2.0
    /// The longest open time, also for a peer that asks for more. Default 60 s, from ``openDuration`` to 24 h.
    public var maximumOpenDuration = Duration.seconds(60)
    /// By what share chance may shorten an open time, so that a fleet that tripped at once doesn't probe at once.
    /// Default 0, up to 0.9.
    public var openDurationJitter = 0.0
    /// Half-open: how many probes are let through, all of which must succeed. Default 3, 1 to 1,000.
    public var halfOpenPermits = 3
    /// Half-open: when all permits are out, how long after the last was given the breaker stops waiting and opens
    /// again. Default nil: the ``openDuration``, at most 30 s. From 1 ms to 1 h.
    public var probeDeadline: Duration?
    /// Half-open: whether a probe that succeeds, but slowly, counts as failed. Default true. Means nothing without a
    /// ``slowCallRate``.
    public var slowProbesFail = true
    /// How many of the last transitions are remembered. Default 32, 0 to 1,000.
    public var historyLength = 32

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("consecutiveFailures", consecutiveFailures, in: 0...1_000_000)
        problems.requireShare("failureRate", failureRate)
        problems.requireShare("slowCallRate", slowCallRate)
        problems.requireDuration("slowCallDuration", slowCallDuration, in: .milliseconds(1) ... .seconds(3600))
        problems.requireInteger("minimumCalls", minimumCalls, in: 1...1_000_000)
        problems += window.problems()
        if case .count(let calls) = window, CountWindow.range.contains(calls), minimumCalls <= 1_000_000 {
            problems.require(
                minimumCalls <= calls, "minimumCalls", "must be at most the window's \(calls) calls, is \(minimumCalls)"
            )
        }
        problems.requireDuration("openDuration", openDuration, in: .milliseconds(1) ... .seconds(3600))
        problems.require(
            openDurationFactor >= 1 && openDurationFactor <= 10, "openDurationFactor",
            "must be from 1 to 10, is \(openDurationFactor)")
        problems.require(
            maximumOpenDuration >= openDuration && maximumOpenDuration <= .seconds(86_400), "maximumOpenDuration",
            "must be from openDuration (\(openDuration)) to \(Duration.seconds(86_400)), is \(maximumOpenDuration)")
        problems.require(
            openDurationJitter >= 0 && openDurationJitter <= 0.9, "openDurationJitter",
            "must be from 0 to 0.9, is \(openDurationJitter)")
        problems.requireInteger("halfOpenPermits", halfOpenPermits, in: 1...1_000)
        if let probeDeadline {
            problems.requireDuration("probeDeadline", probeDeadline, in: .milliseconds(1) ... .seconds(3600))
        }
        problems.requireInteger("historyLength", historyLength, in: 0...1_000)
        return problems
    }
}

extension [ConfigurationProblem] {
    fileprivate mutating func requireShare(_ key: String, _ value: Double?) {
        guard let value else { return }
        require(value > 0 && value <= 1, key, "must be above 0 and at most 1, is \(value)")
    }
}
