// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: consistent hashing")
struct HashingTests {
    private static let keys = 200

    @Test(
        "When a host goes only its keys move, and they return with it",
        arguments: [
            BalancingConfiguration.PolicyName.ringHash, .maglev,
        ])
    func disruption(_ policy: BalancingConfiguration.PolicyName) throws {
        try Simulation.run(seeds: 1...2) { simulation in
            var quick = SimulatedServiceConfiguration()
            quick.work = .constant(.milliseconds(1))
            let users = try simulation.service("users", instances: 10, quick)
            var configuration = SimulatedClientConfiguration()
            configuration.balancing.policy = policy
            let clients = try (0..<2).map { try simulation.client("web-\($0)", of: users, configuration) }
            let before = await Self.owners(simulation, clients[0])
            try simulation.require(
                await Self.owners(simulation, clients[1]) == before, "two clients don't agree on the owners of keys")
            let gone = users.instances[Int(simulation.seed % 10)]
            for client in clients { try client.discover(users.instances.filter { $0 !== gone }) }
            let without = await Self.owners(simulation, clients[0])
            let others = before.indices.filter { before[$0] != gone.id }
            let moved = others.count { before[$0] != without[$0] }
            // With few hosts some keys of others move with Maglev, none with a ring.
            let bound = policy == .maglev ? others.count / 20 : 0
            try simulation.require(moved <= bound, "\(moved) of \(others.count) keys of hosts that stay have moved")
            try simulation.require(!without.contains(gone.id), "a key leads to a host that is gone")
            for client in clients { try client.discover(users.instances) }
            try simulation.require(await Self.owners(simulation, clients[1]) == before, "keys didn't return")
        }
    }

    @Test(
        "When a host is down its keys go to substitutes, no other key moves, and they return",
        arguments: [
            BalancingConfiguration.PolicyName.ringHash, .maglev,
        ])
    func outage(_ policy: BalancingConfiguration.PolicyName) throws {
        try Simulation.run(seeds: 1...2) { simulation in
            var quick = SimulatedServiceConfiguration()
            quick.work = .constant(.milliseconds(1))
            let users = try simulation.service("users", instances: 10, quick)
            var configuration = SimulatedClientConfiguration()
            configuration.balancing.policy = policy
            configuration.breaker?.openDuration = .seconds(1)
            let client = try simulation.client("web", of: users, configuration)
            let before = await Self.owners(simulation, client)
            let down = users.instances[Int(simulation.seed % 10)]
            down.crash()
            let without = await Self.owners(simulation, client)
            for key in before.indices where before[key] != down.id {
                try simulation.require(without[key] == before[key], "key \(key) has moved, though its host is up")
            }
            try simulation.require(!without.contains(nil), "a key found no substitute")
            down.start()
            try await simulation.wait(for: .seconds(5))
            try simulation.require(await Self.owners(simulation, client) == before, "keys didn't return")
        }
    }

    /// Who answers for each key.
    private static func owners(_ simulation: Simulation, _ client: SimulatedClient) async -> [String?] {
        var owners: [String?] = []
        for key in 0..<keys {
            owners.append(
                await simulation.makeCall(client.endpoint, SimulatedRequest(key: XXHash64.hash(UInt64(key))))?.instance)
        }
        return owners
    }
}
