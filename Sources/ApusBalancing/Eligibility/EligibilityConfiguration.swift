// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Which candidates of a set take part in picks, and with what weight, whatever the policy.
public struct EligibilityConfiguration: Sendable, Hashable {
    /// The share of usable candidates below which the unusable are used as well: when most seem to be out, it is more
    /// likely that the checks are wrong or that the few left would be overrun. Default 0.5, from 0 (never) to 1.
    /// Draining candidates neither count nor are used.
    public var panicThreshold = 0.5
    /// Prefers the own zone. Default nil: zones don't matter.
    public var locality: LocalityConfiguration?
    /// Uses a few of many candidates. Default nil: all.
    public var subset: SubsetConfiguration?
    /// Gives new instances few calls at first. Default nil: their share from the beginning.
    public var slowStart: SlowStartConfiguration?

    /// The defaults.
    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireNumber("panicThreshold", panicThreshold, in: 0...1)
        problems.append(locality?.validate() ?? [], of: "locality")
        problems.append(subset?.validate() ?? [], of: "subset")
        problems.append(slowStart?.validate() ?? [], of: "slowStart")
        return problems
    }
}
