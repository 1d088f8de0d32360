// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Ring hash")
struct RingHashTests {
    @Test("answers nil without hosts, and gives a single host every key")
    func few() throws {
        var empty = PolicyUnderTest(try RingHash(), count: 0)
        #expect(empty.pick(BalancedCall(hash: 1)) == nil)
        var single = PolicyUnderTest(try RingHash(), count: 1)
        #expect(single.owners(100) == [Int?](repeating: 0, count: 100))
    }

    /// The owner of the first point at or after the key, by looking at every point.
    private func reference(_ candidates: [Candidate], density: Int, key: UInt64) -> Int? {
        let hash = XXHash64.hash(key)
        var best: (distance: UInt64, index: Int)?
        for (index, candidate) in candidates.enumerated() {
            for number in 0..<(density * candidate.weight) {
                let distance = XXHash64.hash(candidate.hash, seed: UInt64(number)) &- hash
                if best.map({ distance < $0.distance }) ?? true { best = (distance, index) }
            }
        }
        return best?.index
    }

    @Test("gives a key to the first point at or after it", arguments: [[1, 1, 1, 1, 1, 1, 1, 1], [1, 2, 5], [9, 1]])
    func points(_ weights: [Int]) throws {
        // In its range, a ring has 128 points for each weight.
        var picks = PolicyUnderTest(try RingHash(minimumSize: 256), weights: weights)
        for key in 0..<200 {
            let expected = reference(picks.candidates, density: 128, key: UInt64(key))
            #expect(picks.pick(BalancedCall(hash: UInt64(key))) == expected)
        }
    }

    @Test("is made denser for few hosts, and thinner for many")
    func sizes() throws {
        var few = PolicyUnderTest(try RingHash(minimumSize: 2_000, maximumSize: 8_000), weights: [1, 1])
        #expect(few.pick(BalancedCall(hash: 3)) == reference(few.candidates, density: 1_024, key: 3))
        for key in 0..<50 {
            let expected = reference(few.candidates, density: 1_024, key: UInt64(key))
            #expect(few.pick(BalancedCall(hash: UInt64(key))) == expected)
        }
        var many = PolicyUnderTest(try RingHash(minimumSize: 64, maximumSize: 1_000), count: 100)
        for key in 0..<50 {
            let expected = reference(many.candidates, density: 8, key: UInt64(key))
            #expect(many.pick(BalancedCall(hash: UInt64(key))) == expected)
        }
    }

    @Test(
        "gives each host its share of the keys, as well as chance does", arguments: [[1, 1, 1, 1, 1], [1, 2, 3, 4]])
    func shares(_ weights: [Int]) throws {
        var picks = PolicyUnderTest(try RingHash(), weights: weights)
        var counts = weights.map { _ in 0 }
        for owner in picks.owners(100_000) { if let owner { counts[owner] += 1 } }
        #expect(largestError(counts, weights) < 0.3, "\(counts)")
    }

    @Test("refuses sizes and factors out of range, naming every key")
    func validates() {
        do throws(InvalidConfiguration) {
            _ = try RingHash(minimumSize: 0, maximumSize: 8_388_609, balanceFactor: 0.9)
            Issue.record("accepted")
        } catch {
            #expect(error.problems.map(\.key) == ["minimumSize", "maximumSize", "balanceFactor"])
        }
        #expect(throws: InvalidConfiguration.self) { try RingHash(minimumSize: 100, maximumSize: 199) }
    }
}
