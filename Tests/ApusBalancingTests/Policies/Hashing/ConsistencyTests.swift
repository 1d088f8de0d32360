// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Sticking by key")
struct ConsistencyTests {
    private static let keys = 50_000

    /// How many of the keys of the candidates that stay have another owner, and how many keys moved in all.
    private func moved(
        _ before: (owners: [Int?], candidates: [Candidate]), _ after: (owners: [Int?], candidates: [Candidate])
    ) -> (others: Double, all: Double) {
        let stay = Set(before.candidates.map(\.id)).intersection(after.candidates.map(\.id))
        var (others, all) = (0, 0)
        for (old, new) in zip(before.owners, after.owners) {
            guard let old, let new else { continue }
            let (was, now) = (before.candidates[old].id, after.candidates[new].id)
            if was != now {
                all += 1
                if stay.contains(was), stay.contains(now) { others += 1 }
            }
        }
        return (Double(others) / Double(Self.keys), Double(all) / Double(Self.keys))
    }

    private func disruption(_ policy: some BalancingPolicy, removing removed: Int) -> (others: Double, all: Double) {
        let candidates = (0..<100).map { Candidate(id: "10.0.\($0 / 10).\($0 % 10):8080") }
        var before = PolicyUnderTest(policy, candidates)
        var after = PolicyUnderTest(policy, candidates.filter { $0 !== candidates[removed] })
        return moved((before.owners(Self.keys), candidates), (after.owners(Self.keys), after.candidates))
    }

    @Test("moves at most 1.2 % of the other keys when one of 100 hosts is removed, by Maglev", arguments: [0, 37, 99])
    func maglevRemoval(_ removed: Int) throws {
        let share = disruption(try Maglev(), removing: removed)
        #expect(share.others <= 0.012, "\(share)")
        #expect(share.all >= 0.008 && share.all <= 0.024, "\(share)")
    }

    @Test("moves none of the other keys when one of 100 hosts is removed, by the ring", arguments: [0, 37, 99])
    func ringRemoval(_ removed: Int) throws {
        let share = disruption(try RingHash(), removing: removed)
        #expect(share.others == 0, "\(share)")
        #expect(share.all >= 0.006 && share.all <= 0.014, "\(share)")
    }

    /// A host that is out: where its keys go, and that no other moves.
    private func outage(_ policy: some BalancingPolicy) {
        var picks = PolicyUnderTest(policy, count: 10)
        let before = picks.owners(20_000)
        picks.candidates[4].mark(.ejected, true)
        let during = picks.owners(20_000)
        var substitutes = [Int](repeating: 0, count: 10)
        for (old, new) in zip(before, during) {
            if old == 4, let new { substitutes[new] += 1 } else { #expect(old == new) }
        }
        #expect(substitutes[4] == 0)
        #expect(substitutes.enumerated().allSatisfy { $0.offset == 4 || $0.element > 120 }, "\(substitutes)")
        #expect(picks.owners(20_000) == during, "a key keeps its substitute")
        picks.candidates[4].mark(.ejected, false)
        #expect(picks.owners(20_000) == before, "and has its own host back afterwards")
    }

    @Test("sends only the keys of an unusable host elsewhere, spread over all others")
    func unusable() throws {
        outage(try Maglev())
        outage(try RingHash())
    }

    @Test("gives a key the same host and the same substitute in every process")
    func everywhere() throws {
        var one = PolicyUnderTest(try Maglev(), count: 7, seed: 1)
        var other = PolicyUnderTest(try Maglev(), count: 7, seed: 2)
        #expect(one.owners(1_000) == other.owners(1_000))
        for key in 0..<1_000 {
            guard let first = one.pick(BalancedCall(hash: UInt64(key))) else { continue }
            let second = one.pick(BalancedCall(hash: UInt64(key), excluding: [one.candidates[first]]))
            #expect(second != first)
            #expect(second == other.pick(BalancedCall(hash: UInt64(key), excluding: [other.candidates[first]])))
        }
    }

    @Test("spreads keys that are plain numbers")
    func plainNumbers() throws {
        var picks = PolicyUnderTest(try Maglev(), count: 4)
        var counts = [0, 0, 0, 0]
        for key in 0..<4_000 { if let index = picks.pick(BalancedCall(hash: UInt64(key))) { counts[index] += 1 } }
        #expect(counts.allSatisfy { $0 > 850 && $0 < 1_150 }, "\(counts)")
    }

    private final class Held {
        let lease: CandidateLease
        init(_ lease: consuming CandidateLease) { self.lease = lease }
    }

    /// Makes calls that never end, all of one key or of many, and checks the bound after each.
    private func bounded(
        _ policy: some BalancingPolicy, factor: Double, weights: [Int], keys: Int, inOneGroup: Bool
    ) throws {
        let group = CandidateGroup()
        let candidates = weights.enumerated().map { index, weight in
            Candidate(id: "\(index)", weight: weight, group: inOneGroup ? group : CandidateGroup())
        }
        var picks = PolicyUnderTest(policy, candidates)
        var leases: [Held] = []
        let total = Double(weights.reduce(0, +))
        for call in 1...600 {
            let picked = picks.pick(BalancedCall(hash: UInt64(call % keys)))
            let index = try #require(picked)
            leases.append(Held(candidates[index].lease()))
            let bound = (factor * Double(call) * Double(weights[index]) / total).rounded(.up)
            #expect(Double(candidates[index].inFlight) <= bound, "call \(call)")
        }
        #expect(leases.count == 600)
    }

    @Test("keeps every host below its bound, whatever the keys", arguments: [1.0, 1.25, 2.0], [1, 7, 600])
    func boundedLoad(_ factor: Double, _ keys: Int) throws {
        for weights in [[1, 1, 1, 1, 1, 1, 1], [1, 2, 3]] {
            let maglev = try Maglev(tableSize: 251, balanceFactor: factor)
            try bounded(maglev, factor: factor, weights: weights, keys: keys, inOneGroup: true)
            let ring = try RingHash(balanceFactor: factor)
            try bounded(ring, factor: factor, weights: weights, keys: keys, inOneGroup: false)
        }
    }

    @Test("keeps a key with its host as long as that is below its bound")
    func boundedButSticky() throws {
        let group = CandidateGroup()
        let candidates = (0..<5).map { Candidate(id: "\($0)", group: group) }
        var free = PolicyUnderTest(try Maglev(tableSize: 251), candidates)
        var bounded = PolicyUnderTest(try Maglev(tableSize: 251, balanceFactor: 1.25), candidates)
        #expect(free.owners(1_000) == bounded.owners(1_000))
    }

    @Test("counts only usable hosts for the fair share")
    func boundWithOutage() throws {
        let group = CandidateGroup()
        let candidates = (0..<4).map { Candidate(id: "\($0)", group: group) }
        for index in [0, 1] { candidates[index].mark(.unhealthy, true) }
        var picks = PolicyUnderTest(try Maglev(tableSize: 251, balanceFactor: 1), candidates)
        var leases: [Held] = []
        for _ in 0..<100 {
            let picked = picks.pick(BalancedCall(hash: 1))
            let index = try #require(picked)
            leases.append(Held(candidates[index].lease()))
        }
        #expect(candidates.map(\.inFlight) == [0, 0, 50, 50])
        #expect(leases.count == 100)
    }
}
