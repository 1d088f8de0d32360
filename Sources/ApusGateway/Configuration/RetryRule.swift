// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusResilience

/// Which requests of a route are sent again, and when.
///
/// What no instance can have seen is sent again whatever the method; what one may have seen only if the method is
/// idempotent, or the request has an `Idempotency-Key`, and its body is at hand.
public struct RetryRule: Equatable, Sendable {
    /// Attempts, pauses, statuses.
    public var policy: RetryConfiguration

    /// Retries that answer failed connections only.
    public init() {
        policy = RetryConfiguration()
        policy.backoff = Backoff(base: .milliseconds(25), maximum: .milliseconds(250))
        // A pool that is full says nothing of those of the other instances.
        policy.failures.codes.insert(.overloaded)
        policy.failures.statuses = []
        policy.failures.statusesWithRetryAfter = []
    }

    /// Retries that also answer 502, 503, 504, and 429 if it says when to come back.
    public static var withStatuses: RetryRule {
        var rule = RetryRule()
        let usual = RetryableFailures()
        rule.policy.failures.statuses = usual.statuses
        rule.policy.failures.statusesWithRetryAfter = usual.statusesWithRetryAfter
        return rule
    }

    /// Whether an answer may be given up for another attempt.
    var looksAtStatuses: Bool {
        !policy.failures.statuses.isEmpty || !policy.failures.statusesWithRetryAfter.isEmpty
    }
}
