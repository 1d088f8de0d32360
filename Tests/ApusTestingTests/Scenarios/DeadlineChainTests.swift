// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Synchronization
import Testing

@Suite("Scenario: deadlines along a chain")
struct DeadlineChainTests {
    @Test("Deadlines only shrink from service to service, and no work begins after its deadline")
    func chain() throws {
        try Simulation.run(seeds: 1...5) { simulation in
            let parents = Parents()
            var client = SimulatedClientConfiguration()
            // Longer than what the first caller has: it must not count.
            client.deadline = .seconds(2)
            client.retry?.attemptTimeout = .milliseconds(400)
            client.retry?.backoff = Backoff(base: .milliseconds(10), maximum: .milliseconds(50))
            client.breaker = nil
            let orders = try simulation.service("orders", instances: 2, Self.like(parents, simulation, next: nil))
            let toOrders = try simulation.client("products", of: orders, client)
            let products = try simulation.service(
                "products", instances: 2, Self.like(parents, simulation, next: toOrders.endpoint))
            let toProducts = try simulation.client("users", of: products, client)
            let users = try simulation.service(
                "users", instances: 2, Self.like(parents, simulation, next: toProducts.endpoint))
            var edge = client
            edge.deadline = .milliseconds(250)
            let web = try simulation.client("web", of: users, edge)
            for instance in orders.instances {
                simulation.after(.seconds(3)) { instance.slow(by: 20) }
                simulation.after(.seconds(8)) { instance.slow(by: 1) }
            }
            await simulation.openLoop(web.endpoint, rate: 60, for: .seconds(12))
            try simulation.require(
                parents.grown == 0, "\(parents.grown) of \(parents.seen) calls had a later deadline than their parents'"
            )
            try simulation.require(parents.seen > 500, "only \(parents.seen) calls had parents")
            let starts = simulation.record.workStarts
            let late = starts.count { ($0.remaining ?? .zero) <= .zero }
            try simulation.require(late == 0, "\(late) of \(starts.count) works began without time left")
            try simulation.require(
                simulation.record.calls.contains { $0.failure != nil }, "nothing was slow enough to fail")
            let after = simulation.record.successRate(in: .seconds(10) ..< .seconds(12))
            try simulation.require(after == 1, "\(after) of the calls succeed when all is well again")
        }
    }

    /// A service that waits for its workers with deadlines in mind, and then calls the next.
    private static func like(
        _ parents: Parents, _ simulation: Simulation, next: SimulatedEndpoint?
    ) -> SimulatedServiceConfiguration {
        var configuration = SimulatedServiceConfiguration()
        configuration.workers = 4
        configuration.layers = { instance, work in
            var limits = BulkheadConfiguration()
            limits.maximumCalls = 4
            let bulkhead = try Bulkhead(
                limits, time: simulation.time, random: simulation.generator(for: "bulkhead of \(instance.id)"))
            return SimulatedEndpoint(work.deadline(atMost: .seconds(5), time: simulation.time).bulkhead(bulkhead))
        }
        configuration.handler = { (_, context) async throws(CallFailure) in
            parents.check(context)
            guard let next else { return }
            _ = try await next.call(SimulatedRequest(), in: parents.child(of: context))
        }
        return configuration
    }
}

/// Which deadline each call inherits.
private final class Parents: Sendable {
    private struct State {
        var deadlines: [RequestID: Instant] = [:]
        var random = FastRandom(seed: 1)
        var seen = 0
        var grown = 0
    }

    private let state = Mutex(State())

    var seen: Int { state.withLock { $0.seen } }

    var grown: Int { state.withLock { $0.grown } }

    /// A context for a call that a call with `context` makes, under a name of its own.
    func child(of context: CallContext) -> CallContext {
        state.withLock { state in
            var child = context
            let id = RequestID(using: &state.random)
            child.requestID = id
            state.deadlines[id] = context.deadline ?? .distantFuture
            return child
        }
    }

    func check(_ context: CallContext) {
        state.withLock { state in
            guard let id = context.requestID, let parent = state.deadlines[id] else { return }
            state.seen += 1
            if context.deadline ?? .distantFuture > parent { state.grown += 1 }
        }
    }
}
