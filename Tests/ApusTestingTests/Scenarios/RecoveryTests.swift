// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: loss and return of an instance")
struct RecoveryTests {
    @Test("Breakers keep calls away from an instance that is down, and let it have its share when it is back")
    func crash() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let users = try simulation.service("users", instances: 3)
            let lost = users.instances[0]
            simulation.after(.seconds(5)) { lost.crash() }
            simulation.after(.seconds(15)) { lost.start() }
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<3 {
                    let client = try simulation.client("web-\(number)", of: users)
                    group.addTask {
                        await simulation.openLoop(client.endpoint, rate: 30, for: .seconds(40), load: "\(number)")
                    }
                }
            }
            let record = simulation.record
            try simulation.require(record.successRate > 0.999, "only \(record.successRate) of the calls succeed")
            // Each of the three sends the five that trip, and at most two rounds of three probes.
            let wasted = record.departures.count {
                $0.instance == lost.id && $0.at > .seconds(5) && $0.at < .seconds(15)
            }
            try simulation.require(wasted <= 33, "\(wasted) attempts went to an instance that is down")
            // Opened for 5 s and, after the first probe, for 10 s: closed again soon after 20 s.
            try requireFairShares(simulation, in: .seconds(26) ..< .seconds(40), tolerance: 0.2)
        }
    }

    @Test("Outlier detection leaves out an instance that fails, and lets it have its share when it works again")
    func failing() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let users = try simulation.service("users", instances: 4)
            let bad = users.instances[1]
            var configuration = SimulatedClientConfiguration()
            configuration.breaker = nil
            configuration.balancing.policy = .leastRequests
            configuration.outliers = OutlierConfiguration()
            configuration.outliers?.baseEjection = .seconds(5)
            let client = try simulation.client("web", of: users, configuration)
            simulation.after(.seconds(5)) { bad.fail(1) }
            simulation.after(.seconds(15)) { bad.fail(0) }
            await simulation.openLoop(client.endpoint, rate: 60, for: .seconds(40))
            let failed = simulation.record.calls.count { $0.failure != nil }
            // Five in a row eject; it returns after 5 s and after 10 s, and is found out again by five.
            try simulation.require((5...20).contains(failed), "\(failed) calls failed")
            try requireFairShares(simulation, in: .seconds(26) ..< .seconds(40), tolerance: 0.25)
        }
    }

    @Test("An instance that stands still is left alone within a few calls, and found again when it goes on")
    func pause() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let users = try simulation.service("users", instances: 3)
            let still = users.instances[2]
            var configuration = SimulatedClientConfiguration()
            configuration.retry?.attemptTimeout = .milliseconds(200)
            let client = try simulation.client("web", of: users, configuration)
            simulation.after(.seconds(5)) { still.pause() }
            simulation.after(.seconds(12)) { still.resume() }
            await simulation.openLoop(client.endpoint, rate: 60, for: .seconds(40))
            let rate = simulation.record.successRate
            try simulation.require(rate > 0.99, "only \(rate) of the calls succeed")
            try requireFairShares(simulation, in: .seconds(26) ..< .seconds(40), tolerance: 0.25)
        }
    }

    private func requireFairShares(
        _ simulation: Simulation, in span: Range<Duration>, tolerance: Double
    ) throws(SimulationFailure) {
        let offered = simulation.record.offered(in: span)
        let mean = Double(offered.values.reduce(0, +)) / Double(offered.count)
        for (instance, count) in offered.sorted(by: { $0.key < $1.key }) {
            try simulation.require(
                abs(Double(count) / mean - 1) < tolerance,
                "\(instance) gets \(count) of \(offered), a fair share is \(mean)")
        }
    }
}
