// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore

/// What active checks have found out about one instance.
struct HealthRecord: Sendable {
    private(set) var state: HealthState
    /// Checks made.
    private(set) var checks = 0
    /// Why the last check failed; nil if it was good.
    private(set) var lastFailure: String?
    /// How long the last check took.
    private(set) var lastDuration = Duration.zero

    init(_ configuration: ActiveCheckConfiguration?, now: Instant) throws(InvalidConfiguration) {
        var thresholds = HealthThresholds()
        if let configuration {
            thresholds.unhealthyAfter = configuration.unhealthyAfter
            thresholds.healthyAfter = configuration.healthyAfter
        }
        state = try HealthState(thresholds, now: now)
    }

    /// Takes over the result of a check: why it failed, or nil if it was good.
    mutating func record(_ failure: String?, took duration: Duration, now: Instant) -> HealthState.Transition? {
        checks += 1
        lastFailure = failure
        lastDuration = duration
        return state.record(passed: failure == nil, now: now)
    }
}
