// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Each candidate in turn, as often as its weight says, its turns as evenly spaced as they can be.
///
/// The turns walk round a circle that is cut into one arc for each candidate, in steps of the golden ratio. Of all
/// steps this spreads the points most evenly over every arc however short, so that after any number of turns a
/// candidate has had its share but for a few, and never waits for long nor has a run. The first point is drawn by
/// chance: otherwise every process would begin with the same candidate. With equal weights the candidates simply take
/// turns.
///
/// Nothing but the number of the turn is remembered, so a change of weights goes on from there; during a slow start the
/// weight is a fraction. A pick costs one atomic addition and one look-up. A candidate that may not be used gives its
/// turn away, to the one whose turn is next.
///
/// Source: the three-distance theorem (V. T. Sós, 1958). Its spacing is what the smooth round robin of nginx does with
/// whole weights and a table or a scan.
public final class WeightedRoundRobin: BalancingPolicy {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let tries = 16

    private let turn: Atomic<UInt64>

    /// - Parameter random: draws the first turn.
    public init(using random: inout some RandomNumberGenerator) {
        turn = Atomic(random.next())
    }

    /// A policy whose first turn is drawn by a generator that the system seeds.
    public convenience init() {
        var random = FastRandom()
        self.init(using: &random)
    }

    public func table(
        for candidates: [Candidate], weights: [Double], reusing previous: WeightedTable?
    ) -> WeightedTable {
        previous ?? WeightedTable(weights)
    }

    public func pick(
        from candidates: [Candidate], table: WeightedTable, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        guard !candidates.isEmpty else { return nil }
        for _ in 0..<Self.tries {
            let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
            let index =
                table.isUniform
                ? Int(truncatingIfNeeded: turn % UInt64(candidates.count)) : table.index(of: turn &* Self.step)
            if call.allows(candidates, at: index) { return index }
        }
        return call.firstAllowed(of: candidates, from: random.index(below: candidates.count))
    }
}
