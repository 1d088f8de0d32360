// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: adaptive concurrency")
struct ConcurrencyTests {
    /// An instance that does 50 calls a second for each worker, and queues the others.
    private static func service(workers: Int) -> SimulatedServiceConfiguration {
        var configuration = SimulatedServiceConfiguration()
        configuration.workers = workers
        configuration.maximumQueue = 100_000
        configuration.work = .uniform(.milliseconds(10) ... .milliseconds(30))
        return configuration
    }

    @Test(
        "The limit comes to rest between the number of workers and two and a half times it, wherever it starts",
        arguments: [(8, 4), (8, 500), (32, 20), (32, 500)])
    func converges(_ workers: Int, _ initial: Int) throws {
        try Simulation.run(seeds: 1...2) { simulation in
            let limited = try Limited(simulation, Self.service(workers: workers)) { $0.initialLimit = initial }
            let capacity = Double(workers) * 50
            let load = simulation.spawn {
                await simulation.openLoop(limited.endpoint, rate: 2 * capacity, for: .seconds(20))
            }
            try await simulation.wait(for: .seconds(12))
            let limits = try await limited.limits(for: .seconds(8))
            await load.value
            // From 500 on the first calls queue at each other: what is normal is learned from probes.
            try limited.requireNear(workers, limits)
            let goodput = simulation.record.goodput(in: .seconds(12) ..< .seconds(20))
            try simulation.require(goodput > 0.95 * capacity, "the goodput is \(goodput)/s of \(capacity)/s")
            let slowest = simulation.record.latency(0.99, in: .seconds(12) ..< .seconds(20))
            try simulation.require(slowest < .milliseconds(90), "the 99th percentile of the admitted is \(slowest)")
        }
    }

    @Test("When the capacity halves the limit follows, and again when it is back; all the time the peer is busy")
    func capacity() throws {
        try Simulation.run(seeds: 1...2) { simulation in
            let limited = try Limited(simulation, Self.service(workers: 24)) { _ in }
            simulation.after(.seconds(15)) { limited.peer.resize(toWorkers: 12) }
            simulation.after(.seconds(30)) { limited.peer.resize(toWorkers: 24) }
            let load = simulation.spawn {
                await simulation.openLoop(limited.endpoint, rate: 1_800, for: .seconds(50))
            }
            for (settled, end, workers) in [(8, 15, 24), (20, 30, 12), (42, 50, 24)] {
                try await simulation.wait(for: .seconds(settled) - simulation.elapsed)
                let limits = try await limited.limits(for: .seconds(end - settled))
                try limited.requireNear(workers, limits)
            }
            await load.value
            for second in 1..<50 {
                let span = Duration.seconds(second) ..< .seconds(second + 1)
                let capacity = (15..<30).contains(second) ? 600.0 : 1_200.0
                let goodput = simulation.record.goodput(in: span)
                try simulation.require(
                    goodput > 0.8 * capacity, "in second \(second) the goodput is \(goodput)/s of \(capacity)/s")
            }
        }
    }

    @Test(
        "A peer that has become slower for good is never starved, and has all its calls again",
        arguments: [1.8, 2.5, 5])
    func slowerForGood(_ factor: Double) throws {
        try Simulation.run(seeds: 1...2) { simulation in
            // Workers for all: the latency doesn't come from the load.
            let limited = try Limited(simulation, Self.service(workers: 10_000)) { $0.minimumLimit = 5 }
            simulation.after(.seconds(10)) { limited.peer.slow(by: factor) }
            let load = simulation.spawn {
                await simulation.openLoop(limited.endpoint, rate: 500, for: .seconds(40))
            }
            let limits = try await limited.limits(for: .seconds(40))
            await load.value
            let lowest = limits.min() ?? 0
            try simulation.require(lowest >= 5, "the limit was \(lowest), the floor is 5")
            let held = limits.dropFirst(200).min() ?? 0
            try simulation.require(
                Double(held) < 10 * factor, "\(10 * factor) calls would be in flight, the limit never was below \(held)"
            )
            for second in 0..<40 {
                let goodput = simulation.record.goodput(in: .seconds(second) ..< .seconds(second + 1))
                // Five at once of 100 ms, less what chance does.
                try simulation.require(goodput > 35, "in second \(second) only \(goodput) calls succeed")
            }
            let after = simulation.record.successRate(in: .seconds(30) ..< .seconds(40))
            try simulation.require(after > 0.99, "when all is known again only \(after) of the calls are let through")
        }
    }

    @Test("A latency that rises without load says nothing about the limit, which stays")
    func withoutLoad() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let limited = try Limited(simulation, Self.service(workers: 100)) { _ in }
            simulation.after(.seconds(10)) { limited.peer.slow(by: 5) }
            simulation.after(.seconds(40)) { limited.peer.slow(by: 1) }
            // One call at once or two, where 20 may be.
            let load = simulation.spawn { await simulation.openLoop(limited.endpoint, rate: 15, for: .seconds(60)) }
            let limits = try await limited.limits(for: .seconds(60))
            await load.value
            try simulation.require(
                limits.allSatisfy { $0 == 20 }, "the limit went from 20 to \(limits.min() ?? 0)..\(limits.max() ?? 0)")
            try simulation.require(simulation.record.successRate == 1, "calls were refused")
        }
    }

    @Test("Timeouts lower the limit to what can be done in time")
    func timeouts() throws {
        try Simulation.run(seeds: 1...2) { simulation in
            let limited = try Limited(simulation, Self.service(workers: 10)) { $0.initialLimit = 200 }
            let cut = limited.endpoint(deadline: .milliseconds(120))
            let load = simulation.spawn { await simulation.openLoop(cut, rate: 1_000, for: .seconds(20)) }
            try await simulation.wait(for: .seconds(12))
            let limits = try await limited.limits(for: .seconds(8))
            await load.value
            try simulation.require(
                (limits.max() ?? 0) <= 75,
                "60 calls fill the time until the deadline, the limit is \(limits.max() ?? 0)")
            let goodput = simulation.record.goodput(in: .seconds(12) ..< .seconds(20))
            try simulation.require(goodput > 425, "the goodput is \(goodput)/s of 500/s")
        }
    }

    @Test("Callers that go away don't lower the limit, and lose no permit")
    func cancellations() throws {
        try Simulation.run(seeds: 1...2) { simulation in
            let limited = try Limited(simulation, Self.service(workers: 100)) { $0.minimumSamples = 5 }
            let load = simulation.spawn {
                await simulation.openLoop(
                    limited.endpoint, rate: 500, for: .seconds(10), patience: .constant(.milliseconds(22)))
            }
            let limits = try await limited.limits(for: .seconds(10))
            await load.value
            let gone = simulation.record.calls.count { $0.failure == .cancelled }
            try simulation.require(gone > 500, "only \(gone) callers went away")
            try simulation.require((limits.min() ?? 0) >= 18, "cancellations lowered the limit to \(limits.min() ?? 0)")
            let left = limited.concurrency.statistics.inFlight
            try simulation.require(left == 0, "all calls have ended, \(left) permits are out")
        }
    }
}

/// One instance behind an adaptive limit.
private struct Limited: Sendable {
    let simulation: Simulation
    let peer: SimulatedInstance
    let concurrency: AdaptiveConcurrency
    let endpoint: SimulatedEndpoint

    init(
        _ simulation: Simulation, _ service: SimulatedServiceConfiguration,
        _ change: (inout AdaptiveConcurrencyConfiguration) -> Void
    ) throws {
        self.simulation = simulation
        peer = try simulation.service("users", instances: 1, service).instances[0]
        var configuration = AdaptiveConcurrencyConfiguration()
        change(&configuration)
        concurrency = try AdaptiveConcurrency(
            configuration, time: simulation.time, random: simulation.generator(for: "concurrency"))
        endpoint = SimulatedEndpoint(simulation.transport(to: peer, from: "web").adaptingConcurrency(concurrency))
    }

    /// The same, each call of which has a deadline.
    func endpoint(deadline: Duration) -> SimulatedEndpoint {
        SimulatedEndpoint(endpoint.deadline(atMost: deadline, time: simulation.time))
    }

    /// Whether a limit is from the number of workers to two and a half times it; for a twentieth of the time it may be lower,
    /// as it is in probes.
    func requireNear(_ workers: Int, _ limits: [Int]) throws(SimulationFailure) {
        let highest = limits.max() ?? 0
        try simulation.require(
            highest <= workers * 5 / 2 + 4, "\(workers) calls can be worked on at once, the limit is up to \(highest)")
        let low = limits.count { $0 < workers }
        try simulation.require(
            low * 20 <= limits.count, "\(low) of \(limits.count) times the limit is below the \(workers) workers")
    }

    /// The limit every 50 ms from now on.
    func limits(for duration: Duration) async throws -> [Int] {
        var limits: [Int] = []
        let end = simulation.elapsed + duration
        while simulation.elapsed < end {
            limits.append(concurrency.statistics.maximumCalls)
            try await simulation.wait(for: .milliseconds(50))
        }
        return limits
    }
}
