// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How long an answer is waited for before the same request is sent to another instance as well.
public enum HedgeDelay: Sendable, Hashable {
    /// Always the same. From 0 (all attempts at once) to 1 h.
    case fixed(Duration)
    /// As long as this share of recent calls took at most, but at least `atLeast`. A share of 0.95 hedges about the
    /// slowest 5 % of the calls. From 0.5 to 0.9999, and from 100 µs to 1 h.
    case percentile(Double, atLeast: Duration = .milliseconds(1))
}

/// When a request is sent to a second instance before the first has answered.
public struct HedgeConfiguration: Sendable, Hashable {
    /// How long an attempt is waited for before the next is sent. Default: the 95th percentile, at least 1 ms.
    public var delay = HedgeDelay.percentile(0.95)
    /// The most attempts beside the first. Default 1, from 0 (no hedging) to 10.
    public var maximumExtraAttempts = 1
    /// What the next attempt is sent at once for. Anything else that a peer answers ends the call.
    public var failures = RetryableFailures()
    /// Percentile: how far back it looks; the older half is forgotten as a whole. Default 30 s, from 1 s to 1 h.
    public var window = Duration.seconds(30)
    /// Percentile: nothing is hedged before so many calls are in the window: the cold start. Default 100, from 10 to
    /// 1,000,000.
    public var minimumCalls = 100
    /// Nothing is hedged while so many attempts go on that nobody waits for any more, because they don't heed their
    /// cancellation. Default 1,000, from 1 to 1,000,000.
    public var maximumStragglers = 1_000

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        switch delay {
        case .fixed(let delay):
            problems.requireDuration("delay", delay, in: .zero ... .seconds(3600))
        case .percentile(let share, let minimum):
            problems.require(
                share >= 0.5 && share <= 0.9999, "delay.percentile", "must be from 0.5 to 0.9999, is \(share)")
            problems.requireDuration("delay.atLeast", minimum, in: .microseconds(100) ... .seconds(3600))
        }
        problems.requireInteger("maximumExtraAttempts", maximumExtraAttempts, in: 0...10)
        problems += failures.validate().map { ConfigurationProblem("failures.\($0.key)", $0.message) }
        problems.requireDuration("window", window, in: .seconds(1) ... .seconds(3600))
        problems.requireInteger("minimumCalls", minimumCalls, in: 10...1_000_000)
        problems.requireInteger("maximumStragglers", maximumStragglers, in: 1...1_000_000)
        return problems
    }
}
