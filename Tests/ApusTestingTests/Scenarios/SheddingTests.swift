// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Synchronization
import Testing

@Suite("Scenario: five times the capacity")
struct SheddingTests {
    @Test("Load shedding keeps nine tenths of the peak goodput, and what is admitted is answered soon")
    func overload() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let shedders = Shedders()
            var configuration = SimulatedServiceConfiguration()
            configuration.workers = 2
            configuration.work = .uniform(.milliseconds(10) ... .milliseconds(30))
            configuration.layers = { instance, work in
                let shedder = try LoadShedder(
                    time: simulation.time, random: simulation.generator(for: "shedder of \(instance.id)"))
                shedders.set(shedder)
                return SimulatedEndpoint(work.shedding(shedder))
            }
            configuration.onStart = { _, waited in shedders.current?.observe(delay: waited) }
            let users = try simulation.service("users", instances: 1, configuration)
            let transport = simulation.transport(to: users.instances[0], from: "web")
            // Two workers of 20 ms can do a hundred a second.
            await simulation.openLoop(transport, rate: 500, for: .seconds(12))
            let span = Duration.seconds(2) ..< .seconds(12)
            let goodput = simulation.record.goodput(in: span, within: .seconds(1))
            try simulation.require(goodput >= 90, "the goodput is \(goodput)/s, the peak 100/s")
            let slowest = simulation.record.latency(0.99, in: span)
            try simulation.require(slowest < .milliseconds(600), "the 99th percentile of the admitted is \(slowest)")
        }
    }
}

/// The shedder of the instance.
private final class Shedders: Sendable {
    private let shedder = Mutex<LoadShedder?>(nil)

    var current: LoadShedder? { shedder.withLock { $0 } }

    func set(_ new: LoadShedder) { shedder.withLock { $0 = new } }
}
