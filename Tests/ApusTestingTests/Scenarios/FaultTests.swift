// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Testing

@Suite("Scenario: injected faults")
struct FaultTests {
    private static func injector(_ simulation: Simulation) -> FaultInjector {
        FaultInjector(time: simulation.time, random: simulation.generator(for: "faults"))
    }

    private static let down = FaultRule("down", .abort(FaultAbort(code: .connectFailed, status: nil)))

    @Test("A fault hits its share of the calls, those that match and no others", arguments: [0.02, 0.25, 0.8])
    func share(_ share: Double) throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1)
            let injector = Self.injector(simulation)
            let transport = simulation.transport(to: users.instances[0], from: "web")
            let (hit, spared) = (
                transport.injectingFaults(injector, target: "client:users"),
                transport.injectingFaults(injector, target: "client:orders")
            )
            try injector.arm(
                FaultRule("some", Self.down.kind, share: share, match: FaultMatch(target: "client:users")),
                for: .seconds(3_600))
            await withDiscardingTaskGroup { group in
                group.addTask { await simulation.openLoop(hit, rate: 200, for: .seconds(40), load: "hit") }
                group.addTask { await simulation.openLoop(spared, rate: 20, for: .seconds(40), load: "spared") }
            }
            let calls = simulation.record.calls
            let all = calls.filter { $0.load == "hit" }
            let failed = all.count { $0.failure == .connectFailed }
            // Five standard deviations.
            let bound = 5 * (Double(all.count) * share * (1 - share)).squareRoot()
            try simulation.require(
                abs(Double(failed) - share * Double(all.count)) < bound, "\(failed) of \(all.count) were hit")
            try simulation.require(
                calls.allSatisfy { $0.load == "hit" || $0.failure == nil }, "a call that doesn't match was hit")
            let armed = injector.armed.first
            try simulation.require(
                armed?.matched == UInt64(all.count) && armed?.injected == UInt64(failed),
                "the list says \(String(describing: armed))")
            try simulation.require(
                simulation.record.arrivals.count == calls.count - failed, "an aborted call was made")
        }
    }

    @Test("A fault ends by itself at its time, and a latency that was begun before goes on")
    func expires() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1)
            let injector = Self.injector(simulation)
            let stack = simulation.transport(to: users.instances[0], from: "web")
                .injectingFaults(injector, target: "client:users")
            for (at, rule) in [(5, Self.down), (25, FaultRule("late", .latency(.seconds(2) ... .seconds(2))))] {
                simulation.after(.seconds(at)) {
                    do { try injector.arm(rule, for: .seconds(10)) } catch { simulation.fail("\(error)") }
                }
            }
            await simulation.openLoop(stack, rate: 50, for: .seconds(45))
            for call in simulation.record.calls {
                let isDown = call.start >= .seconds(5) && call.start < .seconds(15)
                try simulation.require(
                    (call.failure != nil) == isDown,
                    "a call at \(call.start) ended with \(String(describing: call.failure))")
                let isLate = call.start >= .seconds(25) && call.start < .seconds(35)
                try simulation.require(
                    (call.latency >= .seconds(2)) == isLate, "a call at \(call.start) took \(call.latency)")
            }
            try simulation.require(!injector.mayInject && injector.armed.isEmpty, "something is armed still")
        }
    }

    @Test("A breaker answers to injected faults as to an outage: trips, waits and closes again")
    func breaker() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 2)
            let injector = Self.injector(simulation)
            let peers = users.instances.enumerated().map { (index, instance) in
                let transport = simulation.transport(to: instance, from: "web-\(index)")
                return index == 0 ? SimulatedEndpoint(transport.injectingFaults(injector, target: "users")) : transport
            }
            let breakers = try (0..<2).map { index in
                try CircuitBreaker(time: simulation.time, random: simulation.generator(for: "breaker"))
            }
            simulation.after(.seconds(5)) {
                do { try injector.arm(Self.down, for: .seconds(12)) } catch { simulation.fail("\(error)") }
                users.instances[1].crash()
            }
            simulation.after(.seconds(17)) { users.instances[1].start() }
            await withDiscardingTaskGroup { group in
                for index in 0..<2 {
                    group.addTask {
                        await simulation.openLoop(
                            peers[index].breaking(breakers[index]), rate: 50, for: .seconds(60), load: "\(index)")
                    }
                }
            }
            let (injected, real) = (breakers[0].snapshot, breakers[1].snapshot)
            try simulation.require(
                injected.phase == .closed && injected.counters.trips > 1, "the breaker did \(injected.counters)")
            try simulation.require(
                injected.history.map(\.to) == real.history.map(\.to),
                "under faults it went \(injected.history), in an outage \(real.history)")
            for (one, other) in zip(injected.history, real.history) {
                let apart = one.at.duration(to: other.at)
                try simulation.require(
                    max(apart, .zero - apart) < .milliseconds(500), "\(one) and \(other) are \(apart) apart")
            }
        }
    }

    @Test("Retries answer to injected faults as to real ones: repeated within the budget, but not what may not be")
    func retries() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1)
            let injector = Self.injector(simulation)
            let budget = try RetryBudget()
            let retrier = try Retrier(
                budget: budget, time: simulation.time, random: simulation.generator(for: "retries"))
            let stack = simulation.transport(to: users.instances[0], from: "web")
                .injectingFaults(injector, target: "users").retrying(with: retrier)
            try injector.arm(FaultRule("lost", .droppedConnection, share: 0.1), for: .seconds(60))
            await withDiscardingTaskGroup { group in
                group.addTask { await simulation.openLoop(stack, rate: 50, for: .seconds(60), load: "reads") }
                group.addTask {
                    await simulation.openLoop(stack, rate: 50, for: .seconds(60), load: "writes") { _ in
                        SimulatedRequest(isRepeatable: false)
                    }
                }
            }
            let calls = simulation.record.calls
            let reads = calls.filter { $0.load == "reads" }
            let writes = calls.filter { $0.load == "writes" }
            let (readFailures, writeFailures) = (
                reads.count { $0.failure != nil }, writes.count { $0.failure == .connectionLost }
            )
            // Three in a row of one in ten, and one in ten.
            try simulation.require(readFailures < 15, "\(readFailures) of \(reads.count) reads fail")
            try simulation.require(
                abs(Double(writeFailures) / Double(writes.count) - 0.1) < 0.03,
                "\(writeFailures) of \(writes.count) writes fail")
            let repeated = simulation.record.departures.count { $0.attempt > 1 }
            try simulation.require(
                simulation.record.departures.count == calls.count + repeated && repeated > 200,
                "\(repeated) attempts were repeated")
            try simulation.require(
                UInt64(writeFailures + readFailures + repeated) == injector.injected,
                "\(injector.injected) faults made \(writeFailures) + \(readFailures) failures, \(repeated) repetitions")
        }
    }

    @Test("What isn't armed, has expired, was taken back or looks at others leaves no trace in the replay")
    func traceless() throws {
        for seed in UInt64(1)...3 {
            let bare = try Simulation.run(seed: seed) { try await Self.trace($0, nil) { _ in } }
            let never = try Simulation.run(seed: seed) { try await Self.trace($0, Self.injector($0)) { _ in } }
            #expect(never == bare, "seed \(seed): not armed")
            let expired = try Simulation.run(seed: seed) {
                try await Self.trace($0, Self.injector($0)) { try $0.arm(Self.down, for: .milliseconds(500)) }
            }
            #expect(expired == bare, "seed \(seed): expired")
            let disarmed = try Simulation.run(seed: seed) {
                try await Self.trace($0, Self.injector($0)) {
                    try $0.arm(Self.down, for: .seconds(60))
                    $0.disarm("down")
                }
            }
            #expect(disarmed == bare, "seed \(seed): taken back")
            let others = try Simulation.run(seed: seed) {
                try await Self.trace($0, Self.injector($0)) {
                    try $0.arm(
                        FaultRule("db", .droppedConnection, share: 0.5, match: FaultMatch(target: "database")),
                        for: .seconds(60))
                }
            }
            #expect(others == bare, "seed \(seed): for others")
            let armed = try Simulation.run(seed: seed) {
                try await Self.trace($0, Self.injector($0)) { try $0.arm(Self.down, for: .seconds(2)) }
            }
            #expect(armed != bare, "seed \(seed): armed, which must show")
        }
    }

    /// The trace of a run with retries, hedges and a crash, through an injector to which something is done first.
    private static func trace(
        _ simulation: Simulation, _ injector: FaultInjector?, _ prepare: (FaultInjector) throws -> Void
    ) async throws -> UInt64 {
        let users = try simulation.service("users", instances: 3)
        var configuration = SimulatedClientConfiguration()
        configuration.hedge = HedgeConfiguration()
        let client = try simulation.client("web", of: users, configuration)
        var endpoint = client.endpoint
        if let injector {
            try prepare(injector)
            endpoint = SimulatedEndpoint(endpoint.injectingFaults(injector, target: "client:users"))
        }
        try await simulation.wait(for: .seconds(1))
        simulation.after(.seconds(2)) { users.instances[0].crash() }
        await simulation.openLoop(endpoint, rate: 100, for: .seconds(5))
        return simulation.trace
    }
}
