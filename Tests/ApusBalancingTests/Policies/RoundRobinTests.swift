// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

/// Picks from a fixed list and counts who was picked.
private struct Picks {
    let policy: RoundRobin
    let candidates: [Candidate]
    private var random = FastRandom(seed: 1)

    init(_ count: Int, seed: UInt64 = 0) {
        var random = FastRandom(seed: seed)
        policy = RoundRobin(using: &random)
        candidates = (0..<count).map { Candidate(id: "\($0)") }
    }

    mutating func pick(_ call: BalancedCall = BalancedCall()) -> Int? {
        policy.pick(from: candidates, table: (), for: call, using: &random)
    }

    mutating func counts(_ picks: Int, _ call: BalancedCall = BalancedCall()) -> [Int] {
        var counts = candidates.map { _ in 0 }
        for _ in 0..<picks {
            if let index = pick(call) { counts[index] += 1 }
        }
        return counts
    }
}

@Suite("Round robin")
struct RoundRobinTests {
    @Test("answers nil for an empty set")
    func empty() {
        var picks = Picks(0)
        #expect(picks.pick() == nil)
    }

    @Test("takes each in turn")
    func inTurn() {
        var picks = Picks(3)
        let first = (0..<3).compactMap { _ in picks.pick() }
        #expect(Set(first) == [0, 1, 2])
        for _ in 0..<5 { #expect((0..<3).compactMap { _ in picks.pick() } == first) }
    }

    @Test("starts anywhere, so that a fleet doesn't start with the same instance")
    func randomStart() {
        var starts = [0, 0, 0, 0, 0]
        for seed in 0..<1_000 {
            var picks = Picks(5, seed: UInt64(seed))
            if let index = picks.pick() { starts[index] += 1 }
        }
        #expect(starts.allSatisfy { $0 > 140 && $0 < 260 }, "\(starts)")
    }

    @Test("spreads the share of an unusable candidate evenly over the others")
    func skipsUnusable() {
        var picks = Picks(4)
        picks.candidates[1].mark(.unhealthy, true)
        #expect(picks.counts(300) == [100, 0, 100, 100])
        picks.candidates[1].mark(.unhealthy, false)
        #expect(picks.counts(400) == [100, 100, 100, 100])
    }

    @Test("answers nil if none is usable, and recovers")
    func noneUsable() {
        var picks = Picks(3)
        for candidate in picks.candidates { candidate.mark(.draining, true) }
        #expect(picks.pick() == nil)
        picks.candidates[2].mark(.draining, false)
        #expect(picks.counts(10) == [0, 0, 10])
    }

    @Test("does not pick what the call has tried already")
    func excludes() {
        var picks = Picks(3)
        let one = BalancedCall(excluding: [picks.candidates[0]])
        #expect(picks.counts(100, one) == [0, 50, 50])
        let two = BalancedCall(excluding: [picks.candidates[0], picks.candidates[2]])
        #expect(picks.counts(100, two) == [0, 100, 0])
        #expect(picks.pick(BalancedCall(excluding: picks.candidates)) == nil)
    }

    @Test("survives the overflow of its counter")
    func overflow() {
        struct Fixed: RandomNumberGenerator { mutating func next() -> UInt64 { 0xFFFF_FFFE } }
        var fixed = Fixed()
        let policy = RoundRobin(using: &fixed)
        let candidates = (0..<3).map { Candidate(id: "\($0)") }
        var random = FastRandom(seed: 1)
        for _ in 0..<10 {
            #expect(policy.pick(from: candidates, table: (), for: BalancedCall(), using: &random) != nil)
        }
    }

    @Test("finds the one usable candidate under contention", .timeLimit(.minutes(1)))
    func contended() async {
        let policy = RoundRobin()
        let candidates = (0..<16).map { Candidate(id: "\($0)") }
        for candidate in candidates.dropLast() { candidate.mark(.unhealthy, true) }
        let found = await withTaskGroup(of: Int.self) { group in
            for seed in 0..<8 {
                group.addTask {
                    var random = FastRandom(seed: UInt64(seed))
                    return (0..<5_000).count { _ in
                        policy.pick(from: candidates, table: (), for: BalancedCall(), using: &random) == 15
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(found == 40_000)
    }
}
