// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Random choice")
struct RandomChoiceTests {
    @Test("answers nil for an empty set, and finds the one usable of many")
    func few() {
        var empty = PolicyUnderTest(RandomChoice(), count: 0)
        #expect(empty.pick() == nil)
        var picks = PolicyUnderTest(RandomChoice(), count: 1_000)
        for candidate in picks.candidates where candidate.id != "host500" { candidate.mark(.unhealthy, true) }
        for _ in 0..<100 { #expect(picks.pick() == 500) }
        picks.candidates[500].mark(.unhealthy, true)
        #expect(picks.pick() == nil)
    }

    @Test("is uniform by chi-square", arguments: [2, 3, 10, 100, 1_000], [1, 2, 3])
    func uniform(_ count: Int, _ seed: Int) {
        var picks = PolicyUnderTest(RandomChoice(), count: count, seed: UInt64(seed))
        let counts = picks.counts(200_000)
        let expected = [Double](repeating: 200_000 / Double(count), count: count)
        #expect(chiSquare(counts, expected) < chiSquareLimit(count - 1), "seed \(seed)")
    }

    @Test("follows the weights by chi-square", arguments: [[2, 1], [1, 1_000], [1, 2, 3, 4], (1...200).map { $0 }])
    func weighted(_ weights: [Int]) {
        var picks = PolicyUnderTest(RandomChoice(), weights: weights)
        let total = Double(weights.reduce(0, +))
        let counts = picks.counts(1_000_000)
        #expect(chiSquare(counts, weights.map { 1e6 * Double($0) / total }) < chiSquareLimit(weights.count - 1))
    }

    @Test("gives the share of an unusable candidate to the others as their weights say")
    func unusable() {
        var picks = PolicyUnderTest(RandomChoice(), weights: [6, 3, 1])
        picks.candidates[0].mark(.draining, true)
        let counts = picks.counts(100_000)
        #expect(counts[0] == 0)
        #expect(chiSquare(Array(counts.dropFirst()), [75_000, 25_000]) < chiSquareLimit(1), "\(counts)")
    }
}
