// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Maglev")
struct MaglevTests {
    /// The pseudocode of the paper, with weights, written as plainly as it can be.
    private func reference(_ candidates: [Candidate], size: UInt64) -> [Int] {
        var entry = [Int?](repeating: nil, count: Int(size))
        let permutations = candidates.map { candidate in
            let offset = XXHash64.hash(candidate.hash, seed: 0) % size
            let skip = XXHash64.hash(candidate.hash, seed: 1) % (size - 1) + 1
            return (0..<size).map { Int((offset + $0 * skip) % size) }
        }
        let heaviest = candidates.map(\.weight).max() ?? 1
        var turn = 0
        while entry.contains(nil) {
            turn += 1
            for (index, candidate) in candidates.enumerated() where entry.contains(nil) {
                // Of `heaviest` turns it takes as many as its weight, as soon as they are due.
                guard turn * candidate.weight / heaviest > (turn - 1) * candidate.weight / heaviest else { continue }
                if let free = permutations[index].first(where: { entry[$0] == nil }) { entry[free] = index }
            }
        }
        return entry.compactMap { $0 }
    }

    /// What the shipped table says, asked with one key for each entry.
    private func table(_ candidates: [Candidate], size: Int) throws -> [Int?] {
        var picks = PolicyUnderTest(try Maglev(tableSize: size), candidates)
        var entries = [Int?](repeating: nil, count: size)
        for key in 0..<UInt64(size * 60) {
            let entry = Int(XXHash64.hash(key).multipliedFullWidth(by: UInt64(size)).high)
            if entries[entry] == nil { entries[entry] = picks.pick(BalancedCall(hash: key)) }
        }
        return entries
    }

    @Test("answers nil without hosts, and if none is usable")
    func noHost() throws {
        var empty = PolicyUnderTest(try Maglev(), count: 0)
        #expect(empty.pick(BalancedCall(hash: 1)) == nil)
        var down = PolicyUnderTest(try Maglev(tableSize: 101), count: 40)
        for candidate in down.candidates { candidate.mark(.unhealthy, true) }
        #expect(down.pick(BalancedCall(hash: 1)) == nil)
        down.candidates[17].mark(.unhealthy, false)
        for key in 0..<100 { #expect(down.pick(BalancedCall(hash: UInt64(key))) == 17) }
    }

    @Test("gives a single host every key")
    func singleHost() throws {
        var picks = PolicyUnderTest(try Maglev(), count: 1)
        #expect(picks.owners(100) == [Int?](repeating: 0, count: 100))
    }

    @Test("refuses a table size that is no prime or out of range", arguments: [0, 1, 4, 65_536, 65_535, 5_000_012])
    func noPrimeNumber(_ size: Int) {
        do throws(InvalidConfiguration) {
            _ = try Maglev(tableSize: size)
            Issue.record("accepted")
        } catch {
            #expect(error.problems.map(\.key) == ["tableSize"])
        }
    }

    @Test("has 65,537 entries if not said otherwise, and at most 5,000,011")
    func defaultTableSize() throws {
        #expect(try Maglev().tableSize == 65_537)
        #expect(try Maglev(tableSize: 5_000_011).tableSize == 5_000_011)
    }

    @Test("has the table of the paper's algorithm", arguments: [2, 3, 7, 31, 211], [1, 2, 3, 6])
    func basic(_ size: Int, _ count: Int) throws {
        let candidates = (0..<count).map { Candidate(id: "backend-\($0)") }
        #expect(try table(candidates, size: size) == reference(candidates, size: UInt64(size)))
    }

    @Test(
        "has the table of the paper's algorithm with weights", arguments: [[1, 2], [2, 4, 4], [3, 1, 1, 2], [7, 5]])
    func weighted(_ weights: [Int]) throws {
        let candidates = weights.enumerated().map { Candidate(id: "backend-\($0.offset)", weight: $0.element) }
        #expect(try table(candidates, size: 211) == reference(candidates, size: 211))
    }

    @Test("gives each host its share of the keys", arguments: [[1, 1, 1, 1], [1, 2, 3, 4], [1, 10]])
    func shares(_ weights: [Int]) throws {
        var picks = PolicyUnderTest(try Maglev(), weights: weights)
        var counts = weights.map { _ in 0 }
        for owner in picks.owners(200_000) { if let owner { counts[owner] += 1 } }
        #expect(largestError(counts, weights) < 0.03, "\(counts)")
    }

    @Test("spreads calls without a key")
    func withoutKey() throws {
        var picks = PolicyUnderTest(try Maglev(), count: 4)
        let counts = picks.counts(40_000)
        #expect(largestError(counts, [1, 1, 1, 1]) < 0.05, "\(counts)")
    }
}
