// SPDX-License-Identifier: Apache-2.0
public import ApusCore

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

    /// The defaults, or other values; ``validate()`` says whether they can be used.
    public init(
        timeout: Duration = .seconds(1), interval: Duration = .seconds(5), isCritical: Bool = true,
        failuresBeforeDown: Int = 1, successesBeforeUp: Int = 1
    ) {
        self.timeout = timeout
        self.interval = interval
        self.isCritical = isCritical
        self.failuresBeforeDown = failuresBeforeDown
        self.successesBeforeUp = successesBeforeUp
    }

    /// Every problem of the values; empty if they can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        let least = Duration.milliseconds(1)
        problems.require(timeout >= least, "timeout", "must be at least 1ms, not \(timeout)")
        problems.require(interval >= least, "interval", "must be at least 1ms, not \(interval)")
        problems.require(failuresBeforeDown >= 1, "failuresBeforeDown", "must be at least 1, not \(failuresBeforeDown)")
        problems.require(successesBeforeUp >= 1, "successesBeforeUp", "must be at least 1, not \(successesBeforeUp)")
        return problems
    }
}
