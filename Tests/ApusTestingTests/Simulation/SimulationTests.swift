// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
import ApusTesting
import Foundation
import Synchronization
import Testing

@Suite("Simulation")
struct SimulationTests {
    /// A run in which everything takes part: outages, pauses, loss, hedges, retries, ejections, queues, limits, faults.
    @Sendable
    static func everything(_ simulation: Simulation) async throws -> UInt64 {
        simulation.network.loss = 0.01
        let users = try simulation.service("users", instances: 4)
        var configuration = SimulatedClientConfiguration()
        configuration.balancing.policy = .leastRequests
        configuration.outliers = .init()
        configuration.hedge = HedgeConfiguration()
        configuration.retry?.attemptTimeout = .milliseconds(200)
        let client = try simulation.client("web", of: users, configuration)
        var bulkhead = BulkheadConfiguration()
        bulkhead.maximumCalls = 4
        bulkhead.maximumWait = .milliseconds(20)
        let faults = FaultInjector(time: simulation.time, random: simulation.generator(for: "faults"))
        try faults.arm(FaultRule("lost", .droppedConnection, share: 0.05), for: .seconds(3))
        let limited = client.endpoint.injectingFaults(faults, target: "users").bulkhead(
            try Bulkhead(bulkhead, time: simulation.time, random: simulation.generator(for: "bulkhead"))
        ).adaptingConcurrency(
            try AdaptiveConcurrency(time: simulation.time, random: simulation.generator(for: "concurrency"))
        ).rateLimited(try RateLimiter<Int>(RateLimit(190, burst: 20), time: simulation.time)) { (_, _) in 0 }
        simulation.after(.seconds(2)) { users.instances[0].crash() }
        simulation.after(.seconds(3)) { users.instances[1].pause() }
        simulation.after(.seconds(4)) { users.instances[1].resume() }
        simulation.after(.seconds(4)) { users.instances[2].fail(0.3) }
        await simulation.openLoop(limited, rate: 200, for: .seconds(6))
        try simulation.require(simulation.record.calls.contains { $0.failure == .overloaded }, "nobody waited in vain")
        return simulation.trace
    }

    @Test("Two runs with one seed are the same, two with different seeds are not")
    func repeatable() throws {
        let first = try Simulation.run(seed: 1, Self.everything)
        #expect(try Simulation.run(seed: 1, Self.everything) == first)
        #expect(try Simulation.run(seed: 2, Self.everything) != first)
    }

    @Test("A run that has ended leaves nothing in memory, however it ended")
    func leavesNothing() throws {
        let left = Left()
        try Simulation.run(seed: 1) { simulation in
            left.simulation = simulation
            _ = try await Self.everything(simulation)
        }
        #expect(left.simulation == nil)
        #expect(throws: SimulationFailure.self) {
            try Simulation.run(seed: 1) { simulation in
                left.simulation = simulation
                let users = try simulation.service("users", instances: 2)
                users.instances[0].pause()
                let client = try simulation.client("web", of: users)
                simulation.after(.seconds(2)) { simulation.fail("in the middle of it") }
                await simulation.openLoop(client.endpoint, rate: 100, for: .seconds(5))
            }
        }
        #expect(left.simulation == nil)
    }

    @Test("Minutes pass in a moment, and sleepers wake in the order of their times")
    func virtualTime() throws {
        try Simulation.run(seed: 1) { simulation in
            let order = Steps()
            await withDiscardingTaskGroup { group in
                for seconds in [300, 100, 200] {
                    group.addTask {
                        do { try await simulation.wait(for: .seconds(seconds)) } catch { order.add("cancelled") }
                        order.add("\(seconds) at \(simulation.elapsed.seconds)")
                    }
                }
            }
            #expect(order.all == ["100 at 100.0", "200 at 200.0", "300 at 300.0"])
        }
    }

    @Test("A sleeper that is cancelled wakes at once")
    func cancelledSleeper() throws {
        try Simulation.run(seed: 1) { simulation in
            let sleeper = simulation.spawn {
                do { try await simulation.wait(for: .seconds(100)) } catch { simulation.note("cancelled") }
            }
            try await simulation.wait(for: .seconds(1))
            sleeper.cancel()
            await sleeper.value
            #expect(simulation.elapsed == .seconds(1))
        }
    }

    @Test("Children, async let and the tasks of layers stay in the simulation")
    func inside() throws {
        try Simulation.run(seed: 1) { simulation in
            async let first: Void = simulation.wait(for: .seconds(1))
            async let second: Void = simulation.wait(for: .seconds(2))
            try await first
            try await second
            let slow = FunctionEndpoint<SimulatedRequest, SimulatedResponse> { (_, _) async throws(CallFailure) in
                do { try await simulation.wait(for: .seconds(5)) } catch { simulation.note("cut off") }
                return SimulatedResponse(instance: "slow")
            }
            let cut = slow.deadline(atMost: .seconds(1), cuttingOff: true, time: simulation.time)
            #expect(await simulation.makeCall(cut) == nil)
            #expect(simulation.elapsed == .seconds(3))
        }
    }

    @Test("A task that leaves the simulation fails it")
    func outside() {
        #expect(
            performing: {
                try Simulation.run(seed: 5) { simulation in
                    await Task.detached { _ = simulation.elapsed }.value
                    return
                }
            }, throws: { "\($0)".contains("seed 5") })
    }

    @Test("A scenario that waits for what can't come fails, with its seed")
    func stuck() {
        #expect(
            performing: {
                try Simulation.run(seed: 8) { _ in
                    let (stream, continuation) = AsyncStream<Void>.makeStream()
                    for await _ in stream {}
                    continuation.finish()
                }
            }, throws: { "\($0)".contains("seed 8") && "\($0)".contains("can't come") })
    }

    @Test("A scenario that goes on for too long fails")
    func endless() {
        #expect(
            performing: {
                try Simulation.run(seed: 1, limit: .seconds(10)) { simulation in
                    while true { try await simulation.wait(for: .seconds(1)) }
                }
            }, throws: { "\($0)".contains("has not ended") })
    }

    @Test(
        "A failure names its seed and which of the seeds it is",
        .enabled(if: ProcessInfo.processInfo.environment[Simulation.seedsVariable] == nil, "the seeds are chosen"))
    func namesSeed() {
        let expected = "seed 42, which is number 3"
        #expect(
            performing: {
                try Simulation.run(seeds: [40, 41, 42, 43]) { simulation in
                    try simulation.require(simulation.seed < 42, "too great")
                }
            }, throws: { "\($0)".hasPrefix(expected) && "\($0)".contains("too great") })
    }
}

/// A simulation, if it is still there.
private final class Left: Sendable {
    private struct Reference {
        weak var simulation: Simulation?
    }

    private let reference = Mutex(Reference())

    var simulation: Simulation? {
        get { reference.withLock { $0.simulation } }
        set { reference.withLock { $0.simulation = newValue } }
    }
}

/// What happened, in order.
final class Steps: Sendable {
    private let steps = Mutex<[String]>([])

    var all: [String] { steps.withLock { $0 } }

    func add(_ step: String) { steps.withLock { $0.append(step) } }
}
