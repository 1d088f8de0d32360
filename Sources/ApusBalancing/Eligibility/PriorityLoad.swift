// SPDX-License-Identifier: Apache-2.0

/// How much of the calls one of several tiers of candidates gets, where earlier tiers are preferred.
///
/// A tier is trusted with as much as its usable candidates can carry: their share times an overprovisioning factor, at
/// most everything. What it isn't trusted with goes to the next. With the factor 1.4 a tier keeps all calls until fewer
/// than 72 % of it are usable. If all tiers together can't carry everything, each gets a part in proportion, and one
/// whose usable share is below the panic threshold uses its unusable candidates as well.
///
/// Source: Envoy, "Priority levels" and "Panic threshold".
public struct PriorityLoad: Sendable, Hashable {
    /// The candidates of a tier.
    public struct Tier: Sendable, Hashable {
        /// How many are usable.
        public var usable: Int
        /// How many there are.
        public var total: Int

        public init(usable: Int, total: Int) {
            self.usable = usable
            self.total = total
        }
    }

    /// The share of the calls that the tier gets, from 0 to 1; 0 for all if nothing can take calls.
    public let share: Double
    /// Whether the tier uses its unusable candidates as well.
    public let isPanic: Bool

    /// Distributes all calls over `tiers`.
    ///
    /// - Parameters:
    ///   - tiers: the most preferred first.
    ///   - panicThreshold: the usable share, from 0 (never) to 1, below which a tier panics.
    ///   - overprovisioning: how many times its part a candidate can carry, at least 1.
    /// - Returns: one for each tier, in the same order.
    public static func distribute(
        over tiers: [Tier], panicThreshold: Double, overprovisioning: Double
    ) -> [PriorityLoad] {
        let healths = tiers.map { tier in
            tier.total > 0 ? min(1, overprovisioning * Double(tier.usable) / Double(tier.total)) : 0
        }
        let sum = healths.reduce(0, +)
        let isShort = sum < 1
        let panics = tiers.map { tier in
            isShort && tier.total > 0 && Double(tier.usable) < panicThreshold * Double(tier.total)
        }
        guard sum > 0 else {
            // Nothing is usable: the first that panics takes everything.
            let first = panics.firstIndex(of: true)
            return panics.enumerated().map { PriorityLoad(share: $0 == first ? 1 : 0, isPanic: $1) }
        }
        var left = 1.0
        return zip(healths, panics).map { health, isPanic in
            let share = isShort ? health / sum : min(left, health)
            left -= share
            return PriorityLoad(share: share, isPanic: isPanic)
        }
    }
}
