// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore

/// Picks of a balancer, its policy chosen by configuration, as a service client and the gateway have it.
struct BalancingJob {
    private static let operations = 100_000
    private static let picks = 1_000_000

    private let name: BalancingConfiguration.PolicyName
    private let balancer: Balancer<Int, AnyBalancingPolicy>
    private let instances: [BalancedInstance<Int>]

    init(_ name: BalancingConfiguration.PolicyName, instances count: Int) throws {
        self.name = name
        balancer = try Balancer(BalancingConfiguration(name))
        instances = (0..<count).map { number in
            BalancedInstance(
                id: "10.0.\(number / 100).\(number % 100):8080", target: number,
                weight: name == .weightedRoundRobin ? 1 + number % 7 : 1)
        }
        balancer.replace(by: instances)
    }

    /// Reports what a pick costs. Calls are in flight to the instances, to some more than to others.
    func cost(_ seconds: Duration) {
        var random = FastRandom(seed: 1)
        let candidates = balancer.set.candidates
        let held = (0..<candidates.count * 3).map { _ in
            HeldLease(candidates[Int(random.next() % UInt64(candidates.count))].lease())
        }
        let stopwatch = Stopwatch(seconds: seconds, operations: Self.operations)
        let best = stopwatch.nanosecondsPerOperation { count in
            var call = BalancedCall()
            var key: UInt64 = 0
            for _ in 0..<count {
                key &+= 0x9E37_79B9_7F4A_7C15
                call.hash = key
                guard let selection = balancer.pick(for: call) else { Main.complain("nothing was picked") }
                Stopwatch.blackHole(selection)
            }
        }
        withExtendedLifetime(held) {}
        Main.report("ns_per_operation", best)
    }

    /// Reports by how much the count of an instance differs from its share of a million picks, at most, in percent of
    /// that share.
    func exactness() {
        var counts = [Int](repeating: 0, count: instances.count)
        for _ in 0..<Self.picks {
            guard let selection = balancer.pick() else { Main.complain("nothing was picked") }
            counts[selection.target] += 1
        }
        let weights = Double(instances.map(\.weight).reduce(0, +))
        let off = zip(instances, counts).map { instance, count in
            let share = Double(Self.picks) * Double(instance.weight) / weights
            return abs(Double(count) - share) / share * 100
        }
        Main.report("exactness_percent", off.max() ?? .infinity)
    }

    /// Reports which share of the keys of the others moves when an instance goes, in percent: the worst of ten
    /// instances.
    func disruption() {
        let keys = 100_000
        let before = targets(of: keys)
        var worst = 0.0
        for removed in stride(from: 0, to: instances.count, by: instances.count / 10) {
            balancer.replace(by: instances.filter { $0.target != removed })
            let after = targets(of: keys)
            let others = before.count { $0 != removed }
            let moved = zip(before, after).count { $0 != removed && $0 != $1 }
            worst = max(worst, Double(moved) / Double(others) * 100)
        }
        Main.report("moved_percent", worst)
    }

    private func targets(of keys: Int) -> [Int] {
        (0..<keys).map { key in
            let call = BalancedCall(hash: XXHash64.hash("user:\(key)"))
            guard let selection = balancer.pick(for: call) else { Main.complain("nothing was picked") }
            return selection.target
        }
    }
}
