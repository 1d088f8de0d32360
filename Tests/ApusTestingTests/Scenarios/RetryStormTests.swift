// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: no retry storm")
struct RetryStormTests {
    @Test("An outage and the recovery from it don't multiply the load: repetitions stay within the budget")
    func outage() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let users = try simulation.service("users", instances: 3)
            var configuration = SimulatedClientConfiguration()
            // Without breakers, so that the budget is all that holds.
            configuration.breaker = nil
            configuration.retry?.maximumAttempts = 5
            configuration.retry?.backoff = Backoff(base: .milliseconds(20), maximum: .milliseconds(100))
            configuration.budget?.ratio = 0.2
            configuration.budget?.minimumPerSecond = 1
            simulation.after(.seconds(5)) { users.instances.forEach { $0.crash() } }
            for instance in users.instances {
                simulation.after(.seconds(12)) { instance.start() }
            }
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<3 {
                    let client = try simulation.client("web-\(number)", of: users, configuration)
                    group.addTask {
                        await simulation.openLoop(
                            client.endpoint, rate: 30, for: .seconds(20), load: "load \(number)")
                    }
                }
            }
            for number in 0..<3 { try requireBudget(simulation, of: "web-\(number)") }
            let after = simulation.record.successRate(in: .seconds(14) ..< .seconds(20))
            try simulation.require(after > 0.99, "after the outage only \(after) of the calls succeed")
        }
    }

    /// At each repetition, those of the last 9 s are at most a fifth of the calls of the last 10 s, and 10. As up to 0.1 s
    /// lie between the permission and the attempt, the stretches differ by a little more.
    private func requireBudget(_ simulation: Simulation, of client: String) throws(SimulationFailure) {
        let attempts = simulation.record.departures.filter { $0.client == client }
        let (calls, repetitions) = (attempts.filter { $0.attempt == 1 }, attempts.filter { $0.attempt > 1 })
        for (index, last) in repetitions.enumerated() {
            let recent = repetitions[...index].count { $0.at > last.at - .milliseconds(8_800) }
            let earned = calls.count { $0.at <= last.at && $0.at > last.at - .milliseconds(10_200) }
            try simulation.require(
                Double(recent) <= 0.2 * Double(earned) + 10,
                "\(client) repeats \(recent) times in the 8.8 s until \(last.at), with \(earned) calls in 10.2 s")
        }
    }

    @Test("A budget allows exactly its share of the calls", arguments: [0.15, 0.3, 0.7])
    func share(of ratio: Double) throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 2)
            users.instances.forEach { $0.crash() }
            var configuration = SimulatedClientConfiguration()
            configuration.breaker = nil
            configuration.retry?.maximumAttempts = 10
            configuration.budget?.ratio = ratio
            configuration.budget?.minimumPerSecond = 0
            let client = try simulation.client("web", of: users, configuration)
            await simulation.openLoop(client.endpoint, rate: 50, for: .seconds(30))
            let attempts = simulation.record.departures
            let share = Double(attempts.count { $0.attempt > 1 }) / Double(attempts.count { $0.attempt == 1 })
            try simulation.require(
                abs(share - ratio) < 0.02, "the share of the repetitions is \(share), should be \(ratio)")
        }
    }
}
