// SPDX-License-Identifier: Apache-2.0

/// How often something is checked, and what its failure means.
public struct HealthCheckConfiguration: Sendable, Hashable {
    /// When a check that has not ended counts as failed. Default 1 s.
    public var timeout: Duration
    /// From the start of one check to the start of the next. Default 5 s.
    public var interval: Duration
    /// Whether the service is of no use without it: `/readyz` and `/health` then answer 503. Default true.
    public var isCritical: Bool
    /// How many checks in a row must fail before "up" becomes "down". Default 1.
    public var failuresBeforeDown: Int
    /// How many checks in a row must succeed before "down" becomes "up". Default 1.
    public var successesBeforeUp: Int

    /// Values below one (below 1 ms for durations) count as one.
    public init(
        timeout: Duration = .seconds(1), interval: Duration = .seconds(5), isCritical: Bool = true,
        failuresBeforeDown: Int = 1, successesBeforeUp: Int = 1
    ) {
        self.timeout = max(.milliseconds(1), timeout)
        self.interval = max(.milliseconds(1), interval)
        self.isCritical = isCritical
        self.failuresBeforeDown = max(1, failuresBeforeDown)
        self.successesBeforeUp = max(1, successesBeforeUp)
    }
}
