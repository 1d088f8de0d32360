// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: fairness")
struct FairnessTests {
    static let policies: [BalancingConfiguration.PolicyName] = [
        .roundRobin, .weightedRoundRobin, .random, .leastRequests, .peakEWMA,
    ]

    @Test("Instances that are alike get alike many calls", arguments: policies)
    func instances(_ policy: BalancingConfiguration.PolicyName) throws {
        try Simulation.run(seeds: 1...3) { simulation in
            var like = SimulatedServiceConfiguration()
            like.work = .uniform(.milliseconds(5) ... .milliseconds(15))
            let users = try simulation.service("users", instances: 4, like)
            var configuration = SimulatedClientConfiguration()
            configuration.balancing.policy = policy
            let client = try simulation.client("web", of: users, configuration)
            await simulation.openLoop(client.endpoint, rate: 100, for: .seconds(20))
            let offered = simulation.record.offered()
            for instance in users.instances {
                let count = offered[instance.id] ?? 0
                // 500 each; 19 is the standard deviation of picks by chance, 100 is five of them.
                try simulation.require(abs(count - 500) < 150, "\(policy): \(instance.id) gets \(count) of \(offered)")
            }
        }
    }

    @Test(
        "An instance that is slower gets fewer calls where load or latency counts",
        arguments: [
            BalancingConfiguration.PolicyName.leastRequests, .peakEWMA,
        ])
    func slowInstance(_ policy: BalancingConfiguration.PolicyName) throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 4)
            users.instances[0].slow(by: 10)
            var configuration = SimulatedClientConfiguration()
            configuration.balancing.policy = policy
            let client = try simulation.client("web", of: users, configuration)
            await simulation.openLoop(client.endpoint, rate: 100, for: .seconds(15))
            let count = simulation.record.offered()[users.instances[0].id] ?? 0
            let all = simulation.record.arrivals.count
            try simulation.require(count * 100 < all * 18, "\(policy): the slow of four gets \(count) of \(all) calls")
        }
    }

    @Test("A cold start of many clients sends no herd to one instance", arguments: policies)
    func coldStart(_ policy: BalancingConfiguration.PolicyName) throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let users = try simulation.service("users", instances: 6)
            var configuration = SimulatedClientConfiguration()
            configuration.balancing.policy = policy
            await withDiscardingTaskGroup { group in
                for number in 0..<60 {
                    group.addTask { [configuration] in
                        do {
                            let client = try simulation.client("web-\(number)", of: users, configuration)
                            await simulation.makeCall(client.endpoint)
                        } catch {
                            simulation.note("\(error)")
                        }
                    }
                }
            }
            let offered = simulation.record.offered()
            let most = offered.values.max() ?? 0
            // 10 each, 2.9 is the standard deviation of what chance does.
            try simulation.require(
                simulation.record.arrivals.count == 60 && most <= 25, "\(policy): of 60 first calls \(most) go to one")
        }
    }

    @Test("Clients that share a bulkhead get alike much of it, and a partition its share beside a greedy one")
    func clients() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1)
            var configuration = BulkheadConfiguration()
            configuration.maximumCalls = 4
            configuration.maximumWaiting = 200
            configuration.maximumWait = .seconds(60)
            configuration.partitions = [.init("small", share: 0.25)]
            let bulkhead = try Bulkhead(
                configuration, time: simulation.time, random: simulation.generator(for: "bulkhead"))
            let transport = simulation.transport(to: users.instances[0], from: "web")
            let (common, small) = (transport.bulkhead(bulkhead), transport.bulkhead(bulkhead, partition: "small"))
            await withDiscardingTaskGroup { group in
                for client in ["a", "b", "c"] {
                    group.addTask { await simulation.closedLoop(common, users: 5, for: .seconds(5), load: client) }
                }
                group.addTask { await simulation.closedLoop(common, users: 30, for: .seconds(5), load: "greedy") }
                group.addTask { await simulation.closedLoop(small, users: 5, for: .seconds(5), load: "small") }
            }
            let calls = simulation.record.calls
            let counts = ["a", "b", "c", "greedy", "small"].map { name in calls.count { $0.load == name } }
            let mean = Double(counts[0] + counts[1] + counts[2]) / 3
            for count in counts.prefix(3) {
                try simulation.require(abs(Double(count) / mean - 1) < 0.1, "of \(counts) a, b and c should be equal")
            }
            try simulation.require(
                Double(counts[4]) > 0.2 * Double(calls.count), "a quarter is for small, it has the last of \(counts)")
        }
    }
}
