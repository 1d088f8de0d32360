// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Synchronization
import Testing

@Suite("A balancer")
struct BalancerTests {
    @Test("answers nil without instances")
    func empty() {
        let balancer = Balancer<Int, RoundRobin>(policy: RoundRobin())
        #expect(balancer.pick() == nil)
        balancer.replace(with: [("a", 1)])
        #expect(balancer.pick()?.target == 1)
        balancer.replace(with: [])
        #expect(balancer.pick() == nil)
    }

    @Test("gives candidate and target of the same instance")
    func pairs() throws {
        let balancer = Balancer<String, RoundRobin>(policy: RoundRobin())
        balancer.replace(with: (0..<7).map { ("id\($0)", "target\($0)") })
        var seen: Set<String> = []
        for _ in 0..<7 {
            let selection = try #require(balancer.pick())
            #expect(selection.candidate.id.dropFirst(2) == selection.target.dropFirst(6))
            seen.insert(selection.target)
        }
        #expect(seen.count == 7)
    }

    @Test("keeps calls in flight and health across a change of the set")
    func survives() throws {
        let balancer = Balancer<Int, RoundRobin>(policy: RoundRobin())
        balancer.replace(with: [("a", 1), ("b", 2)])
        let candidate = try #require(balancer.set["a"])
        let lease = candidate.lease()
        candidate.mark(.unhealthy, true)
        balancer.replace(with: [("a", 10), ("c", 30)])
        #expect(balancer.set["a"]?.inFlight == 1)
        for _ in 0..<4 { #expect(balancer.pick()?.target == 30) }
        candidate.mark(.unhealthy, false)
        #expect(Set((0..<4).compactMap { _ in balancer.pick()?.target }) == [10, 30])
        _ = lease.candidate
    }

    @Test("goes to another instance if the first is excluded, and to none if there is no other")
    func excluding() throws {
        let balancer = Balancer<Int, RoundRobin>(policy: RoundRobin())
        balancer.replace(with: [("a", 1), ("b", 2)])
        let first = try #require(balancer.pick())
        for _ in 0..<10 {
            let second = try #require(balancer.pick(for: BalancedCall(excluding: [first.candidate])))
            #expect(second.candidate !== first.candidate)
        }
        balancer.replace(with: [("a", 1)])
        let only = try #require(balancer.pick())
        #expect(balancer.pick(for: BalancedCall(excluding: [only.candidate])) == nil)
    }

    /// A policy whose table is the number of candidates it was made for.
    private struct Counting: BalancingPolicy {
        func table(for candidates: [Candidate], weights: [Double], reusing previous: Int?) -> Int { candidates.count }

        func pick(
            from candidates: [Candidate], table: Int, for call: BalancedCall, using random: inout FastRandom
        ) -> Int? {
            table == candidates.count && table > 0 ? Int(call.hash ?? 0) % table : nil
        }
    }

    @Test("never sees the set of one change with the table of another", .timeLimit(.minutes(1)))
    func consistent() async {
        let balancer = Balancer<Int, Counting>(policy: Counting())
        balancer.replace(with: [("a", 1)])
        let missed = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    for index in 1...300 {
                        balancer.replace(with: (0...(index * (worker + 1) % 17)).map { ("\($0)", $0) })
                    }
                    return 0
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    (0..<3_000).count { balancer.pick(for: BalancedCall(hash: UInt64($0))) == nil }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(missed == 0)
        #expect(balancer.set.version == 901, "no change was lost")
    }
}
