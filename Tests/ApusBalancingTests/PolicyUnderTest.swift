// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore

/// A policy with a fixed list of candidates, whose picks are counted.
struct PolicyUnderTest<Policy: BalancingPolicy> {
    let policy: Policy
    let candidates: [Candidate]
    let table: Policy.Table
    var random: FastRandom

    init(_ policy: Policy, _ candidates: [Candidate], seed: UInt64 = 1) {
        self.policy = policy
        self.candidates = candidates
        table = policy.table(for: candidates)
        random = FastRandom(seed: seed)
    }

    init(_ policy: Policy, count: Int, seed: UInt64 = 1) {
        self.init(policy, (0..<count).map { Candidate(id: "host\($0)") }, seed: seed)
    }

    init(_ policy: Policy, weights: [Int], seed: UInt64 = 1) {
        let candidates = weights.enumerated().map { Candidate(id: "host\($0.offset)", weight: $0.element) }
        self.init(policy, candidates, seed: seed)
    }

    mutating func pick(_ call: BalancedCall = BalancedCall()) -> Int? {
        policy.pick(from: candidates, table: table, for: call, using: &random)
    }

    /// How often each is picked. No leases are taken.
    mutating func counts(_ picks: Int, _ call: BalancedCall = BalancedCall()) -> [Int] {
        var counts = candidates.map { _ in 0 }
        for _ in 0..<picks {
            if let index = pick(call) { counts[index] += 1 }
        }
        return counts
    }

    /// The candidate of each key from 0 on.
    mutating func owners(_ keys: Int) -> [Int?] {
        (0..<keys).map { pick(BalancedCall(hash: XXHash64.hash(UInt64($0)))) }
    }
}

/// How far counts are from what is expected of each, as the chi-square statistic.
func chiSquare(_ counts: [Int], _ expected: [Double]) -> Double {
    zip(counts, expected).reduce(0) { sum, pair in
        let difference = Double(pair.0) - pair.1
        return sum + difference * difference / pair.1
    }
}

/// What chi-square with so many degrees of freedom stays below in all but one of 100,000 cases (Wilson and Hilferty).
func chiSquareLimit(_ degrees: Int) -> Double {
    let k = Double(degrees)
    let cubeRoot = 1 - 2 / (9 * k) + 4.265 * (2 / (9 * k)).squareRoot()
    return k * cubeRoot * cubeRoot * cubeRoot
}

/// The largest difference of a share from what it should be, in parts of that.
func largestError(_ counts: [Int], _ weights: [Int]) -> Double {
    let (picks, total) = (Double(counts.reduce(0, +)), Double(weights.reduce(0, +)))
    return zip(counts, weights).map { abs(Double($0) / (picks * Double($1) / total) - 1) }.max() ?? 0
}
