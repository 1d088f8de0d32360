// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// When a call is made again, and how long to wait before.
public struct RetryConfiguration: Sendable, Hashable {
    /// The most attempts of one call, the first included. Default 3, from 1 (no retries) to 100.
    public var maximumAttempts = 3
    /// The pauses between attempts. Default: full jitter from 100 ms, doubling up to 10 s.
    public var backoff = Backoff()
    /// What is worth another attempt.
    public var failures = RetryableFailures()
    /// The longest `Retry-After` that is waited for; a longer one ends the call. Default 10 s, from 0 to 1 h.
    public var maximumRetryAfter = Duration.seconds(10)
    /// An attempt is not begun with less than this left before the deadline: what an attempt takes at least. Default 0,
    /// to 1 h.
    public var minimumAttemptTime = Duration.zero
    /// The most time for one attempt: it gets this as its deadline if that is earlier than the call's. Default nil,
    /// from 1 ms to 1 h. An endpoint that doesn't watch its deadline needs ``DeadlineLayer`` around it to be cut off.
    public var attemptTimeout: Duration?

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("maximumAttempts", maximumAttempts, in: 1...100)
        problems += backoff.validate().map { ConfigurationProblem("backoff.\($0.key)", $0.message) }
        problems += failures.validate().map { ConfigurationProblem("failures.\($0.key)", $0.message) }
        problems.requireDuration("maximumRetryAfter", maximumRetryAfter, in: .zero ... .seconds(3600))
        problems.requireDuration("minimumAttemptTime", minimumAttemptTime, in: .zero ... .seconds(3600))
        if let attemptTimeout {
            problems.requireDuration("attemptTimeout", attemptTimeout, in: .milliseconds(1) ... .seconds(3600))
        }
        return problems
    }
}
