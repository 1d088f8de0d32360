// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How many checks in a row it takes to believe in a change of health.
public struct HealthThresholds: Sendable, Hashable {
    /// Failed checks in a row until an instance counts as unhealthy. Default 3, 1 to 100.
    public var unhealthyAfter: Int
    /// Passed checks in a row until it counts as healthy again. Default 2, 1 to 100.
    public var healthyAfter: Int

    public init(unhealthyAfter: Int = 3, healthyAfter: Int = 2) {
        self.unhealthyAfter = unhealthyAfter
        self.healthyAfter = healthyAfter
    }

    /// Every problem of these thresholds; empty if they can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(
            (1...100).contains(unhealthyAfter), "unhealthyAfter", "must be from 1 to 100, is \(unhealthyAfter)")
        problems.require((1...100).contains(healthyAfter), "healthyAfter", "must be from 1 to 100, is \(healthyAfter)")
        return problems
    }
}
