// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension WeightedTable {
    private static let tries = 16

    /// Draws a candidate that `call` allows, as likely as its weight says; nil if there is none.
    func draw(from candidates: [Candidate], for call: BalancedCall, using random: inout FastRandom) -> Int? {
        guard !candidates.isEmpty else { return nil }
        for _ in 0..<Self.tries {
            let index = index(of: random.next())
            if call.allows(candidates, at: index) { return index }
        }
        return call.firstAllowed(of: candidates, from: random.index(below: candidates.count))
    }
}
