// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// When a circuit breaker trips and how it recovers.
///
/// Two signals watch the peer, because each is blind where the other sees. A run of ``consecutiveFailures`` notices at
/// once a peer that is dead; a ``failureRate`` over a ``window`` notices one that fails now and then, which never makes
/// a run. Either may be turned off; with both off the breaker never trips.
public struct CircuitBreakerConfiguration: Sendable, Hashable {
    /// Trips when so many calls in a row have failed. Default 5, from 0 (off) to 1,000,000.
    public var consecutiveFailures = 5
    /// Trips when a failure makes the share of failed calls in the window at least this. Default 0.5, above 0 and at
    /// most 1; nil is off.
    public var failureRate: Double? = 0.5
    /// The rate is not judged below so many calls in the window: the cold start. Default 20, 1 to 1,000,000.
    public var minimumCalls = 20
    /// How far back the rate looks. Default 10 s, 100 ms to 1 h.
    public var window = Duration.seconds(10)
    /// The window forgets in so many steps. Default 10, 1 to 16.
    public var windowBuckets = 10
    /// How long the breaker rejects calls after it trips. Default 5 s, 1 ms to 1 h.
    public var openDuration = Duration.seconds(5)
    /// By how much the open time grows when the probes fail again. Default 2, 1 to 10. A recovery starts afresh.
    public var openDurationFactor = 2.0
    /// The longest open time. Default 60 s, from ``openDuration`` to 24 h.
    public var maximumOpenDuration = Duration.seconds(60)
    /// Half-open: how many probes are let through, all of which must succeed. Default 3, 1 to 1,000.
    public var halfOpenPermits = 3
    /// Half-open: when all permits are out, how long after the last was given the breaker stops waiting and opens
    /// again. Default nil: the ``openDuration``, at most 30 s. From 1 ms to 1 h.
    public var probeDeadline: Duration?

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("consecutiveFailures", consecutiveFailures, in: 0...1_000_000)
        if let rate = failureRate {
            problems.require(rate > 0 && rate <= 1, "failureRate", "must be above 0 and at most 1, is \(rate)")
        }
        problems.requireInteger("minimumCalls", minimumCalls, in: 1...1_000_000)
        problems.requireDuration("window", window, in: .milliseconds(100) ... .seconds(3600))
        problems.requireInteger("windowBuckets", windowBuckets, in: 1...RollingWindow.maximumBuckets)
        problems.requireDuration("openDuration", openDuration, in: .milliseconds(1) ... .seconds(3600))
        problems.require(
            openDurationFactor >= 1 && openDurationFactor <= 10, "openDurationFactor",
            "must be from 1 to 10, is \(openDurationFactor)")
        problems.require(
            maximumOpenDuration >= openDuration && maximumOpenDuration <= .seconds(86_400), "maximumOpenDuration",
            "must be from openDuration (\(openDuration)) to \(Duration.seconds(86_400)), is \(maximumOpenDuration)")
        problems.requireInteger("halfOpenPermits", halfOpenPermits, in: 1...1_000)
        if let probeDeadline {
            problems.requireDuration("probeDeadline", probeDeadline, in: .milliseconds(1) ... .seconds(3600))
        }
        return problems
    }
}
