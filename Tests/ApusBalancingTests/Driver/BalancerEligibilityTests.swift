// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Synchronization
import Testing

@Suite("A balancer that knows who takes part")
struct BalancerEligibilityTests {
    private let time = ManualTime()

    private func balancer(
        _ policy: BalancingConfiguration.PolicyName, _ change: (inout BalancingConfiguration) -> Void = { _ in }
    ) throws -> Balancer<Int, AnyBalancingPolicy> {
        var configuration = BalancingConfiguration(policy)
        change(&configuration)
        return try Balancer(configuration, random: FastRandom(seed: 5), time: time.source)
    }

    private func instances(_ count: Int, zone: String? = nil, from first: Int = 0) -> [BalancedInstance<Int>] {
        (first..<(first + count)).map { BalancedInstance(id: "host\($0)", target: $0, zone: zone) }
    }

    private func counts(
        _ balancer: Balancer<Int, AnyBalancingPolicy>, _ picks: Int, _ call: BalancedCall = BalancedCall()
    ) -> [Int: Int] {
        (0..<picks).reduce(into: [:]) { counts, _ in
            if let target = balancer.pick(for: call)?.target { counts[target, default: 0] += 1 }
        }
    }

    @Test("picks by every policy, and nobody from an empty set", arguments: BalancingConfiguration.PolicyName.allCases)
    func everyPolicy(_ name: BalancingConfiguration.PolicyName) throws {
        let balancer = try balancer(name)
        #expect(balancer.pick() == nil)
        balancer.replace(by: instances(4))
        let all = counts(balancer, 2_000)
        #expect(all.keys.sorted() == [0, 1, 2, 3], "\(all)")
        balancer.set["host2"]?.mark(.draining, true)
        #expect(counts(balancer, 500).keys.sorted() == [0, 1, 3])
        let tried = balancer.set.candidates.filter { $0.id != "host3" }
        #expect(counts(balancer, 50, BalancedCall(excluding: tried)) == [3: 50])
        balancer.replace(by: [])
        #expect(balancer.pick() == nil)
    }

    @Test("sees a change of health with the next pick", arguments: BalancingConfiguration.PolicyName.allCases)
    func health(_ name: BalancingConfiguration.PolicyName) throws {
        let balancer = try balancer(name)
        balancer.replace(by: instances(3))
        for round in 0..<50 {
            let candidate = balancer.set.candidates[round % 3]
            candidate.mark(.unhealthy, true)
            for key in 0..<5 { #expect(balancer.pick(for: BalancedCall(hash: UInt64(key)))?.candidate !== candidate) }
            candidate.mark(.unhealthy, false)
        }
    }

    @Test(
        "uses the unusable as well in a panic, and stops when it is over",
        arguments: BalancingConfiguration.PolicyName.allCases)
    func panic(_ name: BalancingConfiguration.PolicyName) throws {
        let balancer = try balancer(name)
        balancer.replace(by: instances(5))
        for candidate in balancer.set.candidates.prefix(3) { candidate.mark(.unhealthy, true) }
        #expect(balancer.plan.isPanic)
        #expect(counts(balancer, 2_000).count == 5)
        balancer.set.candidates[0].mark(.unhealthy, false)
        #expect(!balancer.plan.isPanic)
        #expect(counts(balancer, 500).keys.sorted() == [0, 3, 4])
    }

    @Test("picks nobody when all are unhealthy and it never panics")
    func neverPanics() throws {
        for name in BalancingConfiguration.PolicyName.allCases {
            let balancer = try balancer(name) { $0.eligibility.panicThreshold = 0 }
            balancer.replace(by: instances(3))
            for candidate in balancer.set.candidates { candidate.mark(.unhealthy, true) }
            #expect(balancer.pick() == nil, "\(name)")
            balancer.set.candidates[1].mark(.unhealthy, false)
            balancer.set.candidates[1].mark(.ejected, true)
            #expect(counts(balancer, 10) == [1: 10], "\(name): what is only ejected is better than nothing")
        }
    }

    @Test("prefers its zone, spills over, and goes elsewhere for a call that has tried its zone")
    func locality() throws {
        let balancer = try balancer(.random) { $0.eligibility.locality = LocalityConfiguration(zone: "a") }
        balancer.replace(by: instances(4, zone: "a") + instances(8, zone: "b", from: 4))
        #expect(counts(balancer, 1_000).keys.sorted() == [0, 1, 2, 3])
        let local = balancer.set.candidates.filter { $0.zone == "a" }
        #expect(counts(balancer, 1_000, BalancedCall(excluding: local)).keys.sorted() == Array(4..<12))
        for candidate in local.prefix(2) { candidate.mark(.unhealthy, true) }
        // Half of the zone carries 70 %.
        let spilled = counts(balancer, 20_000)
        let stay = (0..<4).reduce(0) { $0 + (spilled[$1] ?? 0) }
        #expect(abs(Double(stay) / 20_000 - 0.7) < 0.02, "\(spilled)")
    }

    @Test("gives a new instance few calls at first, and its share after the window")
    func slowStart() throws {
        for name in [BalancingConfiguration.PolicyName.weightedRoundRobin, .random, .leastRequests] {
            let balancer = try balancer(name) { $0.eligibility.slowStart = SlowStartConfiguration() }
            balancer.replace(by: instances(4))
            #expect(balancer.plan.refreshAt == nil, "of the first set nobody is new")
            balancer.replace(by: instances(5))
            let share = { Double(counts(balancer, 20_000)[4] ?? 0) / 20_000 }
            #expect(abs(share() - 0.1 / 4.1) < 0.005, "\(name)")
            time.advance(by: .seconds(15))
            #expect(abs(share() - 0.5 / 4.5) < 0.015, "\(name)")
            time.advance(by: .seconds(15))
            #expect(abs(share() - 0.2) < 0.02, "\(name)")
            #expect(balancer.plan.refreshAt == nil, "and the clock is left alone again")
        }
    }

    @Test("follows a change of weight, and keeps the candidate")
    func weightChange() throws {
        let balancer = try balancer(.weightedRoundRobin)
        balancer.replace(by: instances(2))
        let before = balancer.set.candidates
        var changed = instances(2)
        changed[1].weight = 3
        balancer.replace(by: changed)
        #expect(balancer.set.candidates.elementsEqual(before) { $0 === $1 })
        let counts = counts(balancer, 40_000)
        #expect(largestError([counts[0] ?? 0, counts[1] ?? 0], [1, 3]) < 0.005, "\(counts)")
        before[0].update(weight: 9, zone: nil)
        let anew = self.counts(balancer, 40_000)
        #expect(largestError([anew[0] ?? 0, anew[1] ?? 0], [9, 3]) < 0.005, "\(anew)")
    }

    @Test("keeps calls in flight, health and latency when the configuration changes")
    func reconfigured() throws {
        let old = try balancer(.peakEWMA)
        old.replace(by: instances(3))
        let candidate = try #require(old.set["host1"])
        let lease = candidate.lease()
        candidate.mark(.ejected, true)
        let new = try Balancer(
            BalancingConfiguration(.leastRequests), set: old.set, random: FastRandom(seed: 2), time: time.source)
        #expect(new.set["host1"] === candidate)
        #expect(new.set["host1"]?.inFlight == 1)
        #expect(counts(new, 100).keys.sorted() == [0, 2])
        candidate.mark(.ejected, false)
        #expect(counts(new, 100)[1] == nil, "it has a call more than the others")
        _ = lease.candidate
    }

    @Test("observes latencies for peak EWMA")
    func latencies() throws {
        let balancer = try balancer(.peakEWMA)
        balancer.replace(by: instances(2))
        balancer.observe(.milliseconds(50), of: balancer.set.candidates[0], now: time.source.now)
        balancer.observe(.milliseconds(5), of: balancer.set.candidates[1], now: time.source.now)
        #expect(counts(balancer, 100) == [1: 100])
    }

    @Test("refuses a configuration that makes no sense, naming every key")
    func validates() {
        var wrong = BalancingConfiguration(.maglev)
        wrong.tableSize = 65_536
        wrong.balanceFactor = 0.5
        wrong.eligibility.subset = SubsetConfiguration(size: 5, client: "me")
        wrong.eligibility.panicThreshold = -1
        #expect(
            wrong.validate().map(\.key) == [
                "tableSize", "balanceFactor", "eligibility.panicThreshold", "eligibility.subset",
            ])
        var ring = BalancingConfiguration(.ringHash)
        ring.minimumRingSize = 0
        ring.maximumRingSize = 0
        ring.eligibility.locality = LocalityConfiguration(zone: "a")
        ring.eligibility.slowStart = SlowStartConfiguration()
        #expect(
            ring.validate().map(\.key) == [
                "minimumRingSize", "maximumRingSize", "eligibility.locality", "eligibility.slowStart",
            ])
        var least = BalancingConfiguration(.leastRequests)
        least.choices = 11
        #expect(least.validate().map(\.key) == ["choices"])
        for name in BalancingConfiguration.PolicyName.allCases {
            #expect(BalancingConfiguration(name).validate().isEmpty)
        }
        #expect(throws: InvalidConfiguration.self) { try Balancer<Int, AnyBalancingPolicy>(wrong) }
    }

    @Test("names the policies as configurations do")
    func names() {
        #expect(
            BalancingConfiguration.PolicyName.allCases.map(\.rawValue) == [
                "round-robin", "weighted-round-robin", "random", "least-requests", "peak-ewma", "ring-hash", "maglev",
            ])
    }

    @Test(
        "sends no herd of fresh clients to one instance",
        arguments: [
            BalancingConfiguration.PolicyName.roundRobin, .weightedRoundRobin, .random, .leastRequests, .peakEWMA,
        ])
    func noHerd(_ name: BalancingConfiguration.PolicyName) throws {
        var first = [Int](repeating: 0, count: 10)
        for client in 0..<1_000 {
            var configuration = BalancingConfiguration(name)
            configuration.eligibility.panicThreshold = 0
            let balancer = try Balancer<Int, AnyBalancingPolicy>(
                configuration, random: FastRandom(seed: UInt64(client)), time: time.source)
            balancer.replace(by: instances(10))
            if let target = balancer.pick()?.target { first[target] += 1 }
        }
        #expect(chiSquare(first, [Double](repeating: 100, count: 10)) < chiSquareLimit(9), "\(first)")
    }
}
