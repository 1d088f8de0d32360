// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A candidate by chance, as likely as its weight says.
///
/// Needs no memory that clients or threads could share, and never makes them march in step; for it some candidates get
/// a few calls more than others at any moment. A candidate that may not be used is drawn again.
public struct RandomChoice: BalancingPolicy {
    /// There is nothing to choose.
    public init() {}

    public func table(
        for candidates: [Candidate], weights: [Double], reusing previous: WeightedTable?
    ) -> WeightedTable {
        previous ?? WeightedTable(weights)
    }

    public func pick(
        from candidates: [Candidate], table: WeightedTable, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        table.draw(from: candidates, for: call, using: &random)
    }
}
