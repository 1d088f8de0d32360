// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: permits")
struct PermitTests {
    @Test("A bulkhead lets no more through than it may, and loses no permit when callers go away")
    func bulkhead() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            var configuration = BulkheadConfiguration()
            configuration.maximumCalls = 4
            configuration.maximumWaiting = 10
            configuration.maximumWait = .milliseconds(30)
            let bulkhead = try Bulkhead(
                configuration, time: simulation.time, random: simulation.generator(for: "bulkhead"))
            let users = try simulation.service("users", instances: 1)
            let peer = users.instances[0]
            let stack = simulation.transport(to: peer, from: "web").bulkhead(bulkhead)
            simulation.after(.seconds(2)) { peer.fail(0.5) }
            // Work ends with its caller, but a message later: what is under way at the peer is that much more.
            simulation.network.latency = .constant(.zero)
            await simulation.openLoop(
                stack, rate: 400, for: .seconds(5), patience: .exponential(mean: .milliseconds(20)))
            try simulation.require(
                simulation.record.calls.contains { $0.failure == .cancelled }, "no caller went away")
            let most = peer.takeMostAtOnce()
            try simulation.require(most <= 4, "\(most) calls were under way at once, permitted are 4")
            let left = bulkhead.statistics.inFlight
            try simulation.require(left == 0, "all calls have ended, \(left) permits are out")
            try simulation.require(most == 4, "the load was too low to show anything: \(most) at once")
        }
    }
}
