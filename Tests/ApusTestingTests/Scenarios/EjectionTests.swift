// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusTesting
import Testing

@Suite("Scenario: ejections")
struct EjectionTests {
    @Test("However many fail, some instance takes calls", arguments: [0.4, 1.0])
    func neverAll(_ maximum: Double) throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let users = try simulation.service("users", instances: 5)
            var configuration = SimulatedClientConfiguration()
            configuration.breaker = nil
            configuration.balancing.policy = .random
            configuration.balancing.eligibility.panicThreshold = 0
            configuration.outliers = OutlierConfiguration()
            configuration.outliers?.maximumEjected = maximum
            configuration.outliers?.baseEjection = .seconds(3)
            configuration.outliers?.jitter = 0.5
            let client = try simulation.client("web", of: users, configuration)
            for (index, instance) in users.instances.enumerated() {
                simulation.after(.milliseconds(500 * index)) { instance.fail(1) }
                simulation.after(.seconds(10 + index)) { instance.fail(0) }
            }
            simulation.spawn { await simulation.openLoop(client.endpoint, rate: 100, for: .seconds(20)) }
            var most = 0
            for _ in 0..<400 {
                try await simulation.wait(for: .milliseconds(50))
                most = max(most, client.balancer.set.candidates.count { $0.unusable.contains(.ejected) })
            }
            let bound = maximum == 1 ? 4 : 2
            try simulation.require(most == bound, "\(most) of five were ejected at once, should be up to \(bound)")
            let refused = simulation.record.calls.count { $0.failure == .noInstance }
            try simulation.require(refused == 0, "\(refused) calls found no instance")
        }
    }
}
