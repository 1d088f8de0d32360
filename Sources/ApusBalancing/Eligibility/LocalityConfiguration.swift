// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Prefers the candidates of one's own zone, as far as they can carry the calls.
///
/// What they can't carry goes to the other zones: see ``PriorityLoad``. Nothing is preferred when too few candidates of
/// all zones are usable (panic), when no candidate of the own zone is usable, or when the set is small.
public struct LocalityConfiguration: Sendable, Hashable {
    /// The own zone.
    public var zone: String
    /// Sets with fewer candidates aren't split: a single one that fails would move too much. Default 6, 1 to 100,000.
    public var minimumCandidates = 6
    /// How many times its part of the calls a candidate can carry. Default 1.4, 1 to 10.
    public var overprovisioning = 1.4

    /// Prefers the candidates of `zone`.
    public init(zone: String) {
        self.zone = zone
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(!zone.isEmpty, "zone", "must not be empty")
        problems.requireInteger("minimumCandidates", minimumCandidates, in: 1...100_000)
        problems.requireNumber("overprovisioning", overprovisioning, in: 1...10)
        return problems
    }
}
