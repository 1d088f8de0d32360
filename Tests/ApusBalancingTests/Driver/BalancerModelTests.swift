// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

/// What a balancer must hold to, written with sets and dictionaries.
private struct ReferenceBalancer {
    struct Host {
        var zone: String?
        var reasons: Candidate.Unusable = []
        var calls = 0
    }

    var threshold: Double
    var zone: String?
    var hosts: [String: Host] = [:]

    /// Those that may be picked for a call that has tried `tried`.
    func allowed(_ tried: Set<String>, consistent: Bool) -> Set<String> {
        let serving = hosts.filter { !$0.value.reasons.contains(.draining) }
        let usable = hosts.filter { $0.value.reasons.isEmpty }
        let ejected = hosts.filter { $0.value.reasons == .ejected }
        let isPanic = Double(usable.count) < threshold * Double(serving.count)
        let eligible = isPanic ? serving : usable.isEmpty ? ejected : usable
        return Set(eligible.keys).subtracting(tried)
    }

    /// Those of the own zone, if they carry every call.
    func preferred(_ tried: Set<String>) -> Set<String>? {
        guard let zone else { return nil }
        let serving = hosts.filter { !$0.value.reasons.contains(.draining) }
        let usable = hosts.filter { $0.value.reasons.isEmpty }
        guard Double(usable.count) >= threshold * Double(serving.count), serving.count >= 6 else { return nil }
        let local = usable.filter { $0.value.zone == zone }
        let localServing = serving.filter { $0.value.zone == zone }
        guard Double(local.count) * 1.4 >= Double(localServing.count) + 1e-9 else { return nil }
        let left = Set(local.keys).subtracting(tried)
        return left.isEmpty ? nil : left
    }
}

@Suite("A balancer beside its reference model")
struct BalancerModelTests {
    private final class Held {
        let lease: CandidateLease
        init(_ lease: consuming CandidateLease) { self.lease = lease }
    }

    @Test(
        "picks whom it may under changes of the set, health flips, retries and cancellations",
        arguments: BalancingConfiguration.PolicyName.allCases, 0..<4)
    func agrees(_ name: BalancingConfiguration.PolicyName, _ world: Int) throws {
        try run(name, seed: UInt64.random(in: 0 ... .max))
    }

    @Test("agrees for seeds that are always the same", arguments: BalancingConfiguration.PolicyName.allCases, 1...3)
    func agreesForKnownSeeds(_ name: BalancingConfiguration.PolicyName, _ seed: Int) throws {
        try run(name, seed: UInt64(seed))
    }

    private func run(_ name: BalancingConfiguration.PolicyName, seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        let time = ManualTime()
        var configuration = BalancingConfiguration(name)
        configuration.tableSize = 251
        configuration.choices = Int.random(in: 2...10, using: &random)
        configuration.balanceFactor = Bool.random(using: &random) ? 1.25 : nil
        configuration.eligibility.panicThreshold = [0, 0.3, 0.5, 1].randomElement(using: &random) ?? 0
        let isConsistent = name == .maglev || name == .ringHash
        if !isConsistent, Bool.random(using: &random) {
            configuration.eligibility.locality = LocalityConfiguration(zone: "a")
        }
        if !isConsistent, name != .roundRobin, Bool.random(using: &random) {
            configuration.eligibility.slowStart = SlowStartConfiguration()
        }
        var balancer = try Balancer<String, AnyBalancingPolicy>(
            configuration, random: FastRandom(seed: random.next()), time: time.source)
        var model = ReferenceBalancer(
            threshold: configuration.eligibility.panicThreshold, zone: configuration.eligibility.locality?.zone)
        var held: [(id: String, lease: Held)] = []

        for step in 0..<1_500 {
            let note: Comment = "seed \(seed), step \(step), \(configuration)"
            time.advance(by: .milliseconds(Int.random(in: 0...200, using: &random)))
            switch random.next() % 40 {
            case 0:
                replace(balancer, &model, &random)
                let present = Set(balancer.set.candidates.map(\.id))
                try #require(present == Set(model.hosts.keys), note)
                held.removeAll { !present.contains($0.id) }
            case 1...8:
                guard let candidate = balancer.set.candidates.randomElement(using: &random) else { continue }
                let all: [Candidate.Unusable] = [.unhealthy, .ejected, .draining, .breakerOpen]
                let reason = all.randomElement(using: &random) ?? .ejected
                let holds = Int.random(in: 0..<3, using: &random) == 0
                candidate.mark(reason, holds)
                if holds {
                    model.hosts[candidate.id]?.reasons.insert(reason)
                } else {
                    model.hosts[candidate.id]?.reasons.remove(reason)
                }
            case 9...14:
                guard !held.isEmpty else { continue }
                let (id, _) = held.remove(at: Int.random(in: held.indices, using: &random))
                model.hosts[id]?.calls -= 1
            case 15:
                balancer = try Balancer(configuration, set: balancer.set, time: time.source)
            default:
                let tried = balancer.set.candidates.filter { _ in random.next() % 8 == 0 }
                let names = Set(tried.map(\.id))
                let picked = balancer.pick(for: BalancedCall(hash: random.next(), excluding: tried))
                let allowed = model.allowed(names, consistent: isConsistent)
                guard let picked else {
                    try #require(allowed.isEmpty, note)
                    continue
                }
                try #require(picked.candidate.id == picked.target, note)
                try #require(allowed.contains(picked.target), note)
                if let preferred = model.preferred(names) { try #require(preferred.contains(picked.target), note) }
                held.append((picked.target, Held(picked.candidate.lease())))
                model.hosts[picked.target]?.calls += 1
                balancer.observe(
                    .milliseconds(Int.random(in: 1...50, using: &random)), of: picked.candidate, now: time.now)
            }
            for candidate in balancer.set.candidates {
                try #require(candidate.inFlight == model.hosts[candidate.id]?.calls, note)
                try #require(candidate.unusable == model.hosts[candidate.id]?.reasons, note)
            }
            if held.count > 60 {
                let (id, _) = held.removeFirst()
                model.hosts[id]?.calls -= 1
            }
        }
        try #require(balancer.set.group.inFlight == held.count, "seed \(seed)")
    }

    private func replace(
        _ balancer: Balancer<String, AnyBalancingPolicy>, _ model: inout ReferenceBalancer, _ random: inout FastRandom
    ) {
        let share = random.next() % 10
        let ids = (0..<16).map { "host\($0)" }.filter { _ in random.next() % 10 < share }
        let instances = ids.map { id in
            BalancedInstance(
                id: id, target: id, weight: Int.random(in: 1...5, using: &random),
                zone: ["a", "b", nil].randomElement(using: &random) ?? nil)
        }
        balancer.replace(by: instances.shuffled(using: &random))
        var hosts: [String: ReferenceBalancer.Host] = [:]
        for instance in instances {
            hosts[instance.id] = model.hosts[instance.id] ?? .init()
            hosts[instance.id]?.zone = instance.zone
        }
        model.hosts = hosts
    }

    @Test("never picks what left, or an unusable one for long, from many threads", .timeLimit(.minutes(2)))
    func threads() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var configuration = BalancingConfiguration(.leastRequests)
        configuration.eligibility.panicThreshold = 0
        let balancer = try Balancer<Int, AnyBalancingPolicy>(configuration, random: FastRandom(seed: seed))
        balancer.replace(by: (0..<20).map { BalancedInstance(id: "\($0)", target: $0) })
        // Stays out throughout, so nobody may ever see it.
        balancer.set["13"]?.mark(.draining, true)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    var random = FastRandom(seed: seed &+ UInt64(worker))
                    for _ in 0..<300 {
                        let count = 14 + Int(random.next() % 6)
                        balancer.replace(by: (0..<count).map { BalancedInstance(id: "\($0)", target: $0) })
                        balancer.set.candidates[Int(random.next() % 13)].mark(.unhealthy, random.next() % 4 == 0)
                    }
                    return 0
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    (0..<5_000).count { _ in
                        guard let selection = balancer.pick() else { return true }
                        let lease = selection.candidate.lease()
                        return selection.candidate.id != "\(selection.target)" || selection.target == 13
                            || lease.candidate.inFlight < 1
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0, "seed \(seed)")
        #expect(balancer.set.group.inFlight == 0)
        #expect(balancer.set.candidates.allSatisfy { $0.inFlight == 0 })
    }

    @Test("lets go of instances that have left as soon as they have")
    func released() throws {
        final class Target: Sendable {}
        let balancer = Balancer<Target, RoundRobin>(policy: RoundRobin())
        weak var gone: Target?
        do {
            let target = Target()
            gone = target
            balancer.replace(with: [("a", target), ("b", Target())])
            #expect(balancer.pick() != nil)
        }
        #expect(gone != nil)
        balancer.replace(with: [("b", Target())])
        #expect(gone == nil)
    }
}
