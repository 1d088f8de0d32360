// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What active checks have found out about one instance: a value with hysteresis, so that one lost check doesn't take an
/// instance out and one lucky one doesn't bring it back.
struct HealthRecord: Sendable, Equatable {
    /// Unchecked instances count as healthy.
    private(set) var isHealthy = true
    /// Checks made.
    private(set) var checks = 0
    /// When ``isHealthy`` changed last; nil if it never did.
    private(set) var changed: Instant?
    /// Why the last check failed; nil if it was good.
    private(set) var lastFailure: String?
    /// How long the last check took.
    private(set) var lastDuration = Duration.zero
    private var run = 0

    /// Takes over the result of a check.
    ///
    /// - Parameters:
    ///   - failure: Why it failed; nil if it was good.
    ///   - unhealthyAfter: Failures in a row that make the instance unhealthy.
    ///   - healthyAfter: Good checks in a row that make it healthy again.
    /// - Returns: whether ``isHealthy`` changed.
    mutating func record(
        _ failure: String?, took duration: Duration, now: Instant, unhealthyAfter: Int, healthyAfter: Int
    ) -> Bool {
        checks += 1
        lastFailure = failure
        lastDuration = duration
        let isGood = failure == nil
        run = isGood == isHealthy ? 0 : run + 1
        guard run >= (isHealthy ? unhealthyAfter : healthyAfter) else { return false }
        isHealthy = isGood
        changed = now
        run = 0
        return true
    }
}
