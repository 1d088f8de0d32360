// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Consistent hashing with bounded loads: no candidate gets more calls at once than a factor times its fair share.
///
/// The fair share is that of all calls in flight, the new one included, by weight, among the candidates that are
/// usable. The bound is rounded up, so that with a factor of at least 1 some candidate always has room.
///
/// Source: Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016.
struct LoadBound: Sendable {
    let factor: Double
    let weights: [Double]
    /// The sum of the weights of those that were usable.
    let total: Double
    /// Counts the calls of all; nil if the candidates have no group in common.
    let group: CandidateGroup?

    init(factor: Double, candidates: [Candidate], weights: [Double]) {
        self.factor = factor
        self.weights = weights
        let usable = candidates.indices.filter { candidates[$0].isUsable }
        total = (usable.isEmpty ? Array(candidates.indices) : usable).reduce(0) { $0 + weights[$1] }
        let first = candidates.first?.group
        group = candidates.allSatisfy { $0.group === first } ? first : nil
    }

    /// The bound of a candidate whose weight is 1.
    func unit(_ candidates: [Candidate]) -> Double {
        let calls = group?.inFlight ?? candidates.reduce(0) { $0 + $1.inFlight }
        return factor * Double(calls + 1) / total
    }

    func hasRoom(_ index: Int, _ candidates: [Candidate], unit: Double) -> Bool {
        Double(candidates[index].inFlight + 1) <= (unit * weights[index]).rounded(.up)
    }
}
