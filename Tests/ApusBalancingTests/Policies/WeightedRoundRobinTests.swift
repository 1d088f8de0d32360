// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Weighted round robin")
struct WeightedRoundRobinTests {
    private func policy(_ seed: UInt64 = 1) -> WeightedRoundRobin {
        var random = FastRandom(seed: seed)
        return WeightedRoundRobin(using: &random)
    }

    @Test("answers nil for an empty set, and if none is usable")
    func none() {
        var empty = PolicyUnderTest(policy(), count: 0)
        #expect(empty.pick() == nil)
        var unusable = PolicyUnderTest(policy(), weights: [1, 2])
        for candidate in unusable.candidates { candidate.mark(.unhealthy, true) }
        #expect(unusable.pick() == nil)
    }

    @Test(
        "gives each its share over a million picks, to half a percent",
        arguments: [
            [1, 1], [2, 1], [4, 1], [5, 1, 1], [1, 2, 3, 4, 5], [100, 1, 7], [1, 1, 1, 1, 96],
            (0..<50).map { 1 + $0 % 7 }, (0..<100).map { 10 + $0 },
        ])
    func exact(_ weights: [Int]) {
        var picks = PolicyUnderTest(policy(), weights: weights)
        let counts = picks.counts(1_000_000)
        #expect(largestError(counts, weights) < 0.005, "\(counts)")
    }

    @Test("gives each its share from eight threads at once", .timeLimit(.minutes(1)))
    func contended() async {
        let weights = [5, 3, 1, 1, 10]
        let policy = policy()
        let candidates = weights.enumerated().map { Candidate(id: "\($0.offset)", weight: $0.element) }
        let table = policy.table(for: candidates)
        let counts = await withTaskGroup(of: [Int].self) { group in
            for seed in 0..<8 {
                group.addTask {
                    var random = FastRandom(seed: UInt64(seed))
                    var counts = [0, 0, 0, 0, 0]
                    for _ in 0..<125_000 {
                        let index = policy.pick(from: candidates, table: table, for: BalancedCall(), using: &random)
                        if let index { counts[index] += 1 }
                    }
                    return counts
                }
            }
            return await group.reduce(into: [0, 0, 0, 0, 0]) { sum, part in
                for index in sum.indices { sum[index] += part[index] }
            }
        }
        #expect(counts.reduce(0, +) == 1_000_000)
        #expect(largestError(counts, weights) < 0.005, "\(counts)")
    }

    @Test("never has one wait for much longer than its turn, nor take a run", arguments: 0..<10)
    func smooth(_ seed: Int) {
        let weights = [5, 1, 1, 3]
        var picks = PolicyUnderTest(policy(UInt64(seed)), weights: weights)
        var counts = [0, 0, 0, 0]
        var last = [0, 0, 0, 0]
        for turn in 1...10_000 {
            guard let index = picks.pick() else { continue }
            // The gaps between the points of an arc are at most about the golden ratio squared of the mean gap.
            #expect(Double(turn - last[index]) <= 2.7 * 10 / Double(weights[index]) + 1, "seed \(seed)")
            last[index] = turn
            counts[index] += 1
            for other in weights.indices {
                let due = Double(turn * weights[other]) / 10
                #expect(abs(Double(counts[other]) - due) < 4, "seed \(seed), turn \(turn)")
            }
        }
    }

    @Test("takes turns if all weights are equal")
    func equal() {
        var picks = PolicyUnderTest(policy(), weights: [7, 7, 7])
        let first = (0..<3).compactMap { _ in picks.pick() }
        #expect(Set(first) == [0, 1, 2])
        for _ in 0..<5 { #expect((0..<3).compactMap { _ in picks.pick() } == first) }
    }

    @Test(
        "starts anywhere, so that a fleet doesn't start with the same instance",
        arguments: [[1, 1, 1, 1], [3, 1, 2, 4]])
    func randomStart(_ weights: [Int]) {
        var starts = weights.map { _ in 0 }
        for seed in 0..<4_000 {
            var picks = PolicyUnderTest(policy(UInt64(seed)), weights: weights)
            if let index = picks.pick() { starts[index] += 1 }
        }
        let total = Double(weights.reduce(0, +))
        #expect(chiSquare(starts, weights.map { 4_000 * Double($0) / total }) < chiSquareLimit(3), "\(starts)")
    }

    @Test("gives the turns of an unusable candidate to the others, and those of a tried one")
    func skips() {
        var picks = PolicyUnderTest(policy(), weights: [4, 2, 1])
        picks.candidates[0].mark(.ejected, true)
        let counts = picks.counts(30_000)
        #expect(counts[0] == 0)
        #expect(abs(Double(counts[1]) / Double(counts[2]) - 2) < 0.1, "\(counts)")
        picks.candidates[0].mark(.ejected, false)
        #expect(picks.counts(100, BalancedCall(excluding: [picks.candidates[0], picks.candidates[1]])) == [0, 0, 100])
        #expect(picks.pick(BalancedCall(excluding: picks.candidates)) == nil)
    }

    @Test("goes on from where it is when the weights change")
    func change() {
        var random = FastRandom(seed: 1)
        let policy = policy()
        let candidates = (0..<3).map { Candidate(id: "\($0)") }
        var counts = [0, 0, 0]
        for round in 0..<1_000 {
            let weights: [Double] = round % 2 == 0 ? [1, 1, 2] : [2, 1, 1]
            let table = policy.table(for: candidates, weights: weights, reusing: nil)
            for _ in 0..<4 {
                let index = policy.pick(from: candidates, table: table, for: BalancedCall(), using: &random)
                if let index { counts[index] += 1 }
            }
        }
        #expect(largestError(counts, [6, 4, 6].map { $0 * 250 }) < 0.03, "\(counts)")
    }
}
