// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTesting
import Synchronization
import Testing

@Suite("Scenario: rate limits")
struct RateLimitTests {
    private static var quick: SimulatedServiceConfiguration {
        var configuration = SimulatedServiceConfiguration()
        configuration.workers = 1_000
        configuration.work = .constant(.milliseconds(1))
        return configuration
    }

    @Test("Over a long time each of many clients gets its share to the call, however much it and others ask for")
    func shares() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1, Self.quick)
            let limiter = try RateLimiter<UInt64>(RateLimit(5, burst: 10), time: simulation.time)
            let stack = simulation.transport(to: users.instances[0], from: "web")
                .rateLimited(limiter) { (request, _) in request.key ?? 0 }
            // The last asks for less than it may have, the others for four to sixteen times as much.
            let rates = [20.0, 40, 80, 20, 40, 80, 20, 40, 80, 30, 60, 2]
            await withDiscardingTaskGroup { group in
                for (client, rate) in rates.enumerated() {
                    group.addTask {
                        await simulation.openLoop(stack, rate: rate, for: .seconds(120), load: "\(client)") { _ in
                            SimulatedRequest(key: UInt64(client))
                        }
                    }
                }
            }
            let calls = simulation.record.calls
            for client in rates.indices.dropLast() {
                let own = calls.filter { $0.load == "\(client)" && $0.failure == nil }
                let last = own.map(\.start).max() ?? .zero
                // The burst, which the first calls begin to use, and one each 200 ms from the first on.
                let first = own.map(\.start).min() ?? .zero
                let most = 10 + Int((last - first) / .milliseconds(200))
                try simulation.require(
                    own.count <= most && own.count >= most - 2,
                    "client \(client) gets \(own.count) calls in \(last - first), its share is \(most)")
            }
            let modest = calls.filter { $0.load == "\(rates.count - 1)" }
            try simulation.require(
                modest.allSatisfy { $0.failure == nil }, "one that stays below its rate was refused")
            try simulation.require(
                limiter.statistics.allowed == calls.count { $0.failure == nil }, "the limiter counts otherwise")
        }
    }

    @Test("A call of a higher cost has the share that its cost leaves", arguments: [1, 2, 3, 7])
    func weights(_ cost: UInt32) throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1, Self.quick)
            let limiter = try RateLimiter<UInt64>(RateLimit(42, burst: 42), time: simulation.time)
            let transport = simulation.transport(to: users.instances[0], from: "web")
            let stack = transport.rateLimited(limiter, cost: cost) { (_, _) in 1 }
            await simulation.openLoop(stack, rate: 200, for: .seconds(60))
            let allowed = simulation.record.calls.filter { $0.failure == nil }.map(\.start)
            let span = (allowed.max() ?? .zero) - (allowed.min() ?? .zero)
            let most = (42 + Int(span.seconds * 42)) / Int(cost)
            try simulation.require(
                allowed.count <= most && allowed.count >= most - 1,
                "\(allowed.count) calls of cost \(cost) in \(span), the share is \(most)")
        }
    }

    @Test("Of several limits none is charged for what another refuses")
    func combined() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            let users = try simulation.service("users", instances: 1, Self.quick)
            let limits = [RateLimit(5, burst: 10), RateLimit(8, burst: 20), RateLimit(20, burst: 40)]
            let limiter = try CombinedRateLimiter(
                [
                    NamedRateLimit("client", limits[0]), NamedRateLimit("tenant", limits[1]),
                    NamedRateLimit("everyone", limits[2]),
                ], time: simulation.time)
            let ledger = Ledger(limits)
            let transport = simulation.transport(to: users.instances[0], from: "web")
            let admitted = FunctionEndpoint<SimulatedRequest, SimulatedResponse> {
                (request, context) async throws(CallFailure) in
                ledger.judge(Self.keys(request), nil, at: simulation.elapsed)
                return try await transport.call(request, in: context)
            }
            let limited = admitted.rateLimited(limiter) { (request, _) in
                let client = request.key ?? 0
                return RateKeys(client, client / 4)
            }
            let judged = FunctionEndpoint<SimulatedRequest, SimulatedResponse> {
                (request, context) async throws(CallFailure) in
                do throws(CallFailure) {
                    return try await limited.call(request, in: context)
                } catch {
                    if error.code == .overloaded {
                        ledger.judge(Self.keys(request), error.retryAfter, at: simulation.elapsed)
                    }
                    throw error
                }
            }
            await withDiscardingTaskGroup { group in
                for client in 0..<12 {
                    group.addTask {
                        // The first of each tenant is greedy, and so is the first tenant; some leave before the answer.
                        await simulation.openLoop(
                            judged, rate: client % 4 == 0 ? 60 : client < 4 ? 20 : 4, for: .seconds(60),
                            patience: client % 2 == 0 ? .exponential(mean: .milliseconds(2)) : nil, load: "\(client)"
                        ) { _ in SimulatedRequest(key: UInt64(client)) }
                    }
                }
            }
            try simulation.require(ledger.wrong == nil, ledger.wrong ?? "")
            let statistics = limiter.statistics
            try simulation.require(
                Set(statistics.map(\.allowed)).count == 1, "the limits let through \(statistics.map(\.allowed))")
            try simulation.require(
                ledger.refused.allSatisfy { $0 > 0 }, "a limit refused nothing, which shows nothing: \(ledger.refused)")
        }
    }

    /// The keys of a client, of the tenant that it belongs to and of everyone, in the books.
    private static func keys(_ request: SimulatedRequest) -> [UInt64] {
        let client = request.key ?? 0
        return [client, 1_000 + client / 4, 2_000]
    }

    @Test("Clients that honour Retry-After are all served, at the rate of the limit and without coming in herds")
    func retryAfter() throws {
        try Simulation.run(seeds: 1...3) { simulation in
            var service = Self.quick
            service.layers = { _, work in
                let limiter = try RateLimiter<Int>(RateLimit(20, burst: 10), time: simulation.time)
                return SimulatedEndpoint(work.rateLimited(limiter) { (_, _) in 0 })
            }
            let users = try simulation.service("users", instances: 1, service)
            var configuration = SimulatedClientConfiguration()
            (configuration.breaker, configuration.budget, configuration.deadline) = (nil, nil, nil)
            configuration.retry?.maximumAttempts = 100
            configuration.retry?.backoff = Backoff(base: .seconds(1), maximum: .seconds(5))
            await withDiscardingTaskGroup { group in
                for number in 0..<200 {
                    group.addTask { [configuration] in
                        do {
                            let client = try simulation.client("web-\(number)", of: users, configuration)
                            await simulation.makeCall(client.endpoint)
                        } catch {
                            simulation.fail("\(error)")
                        }
                    }
                }
            }
            let record = simulation.record
            let rate = record.successRate
            try simulation.require(rate > 0.99, "only \(rate) of the clients were served")
            // 190 of them wait for 50 ms each; the rest of the time is what their pauses miss.
            let last = record.calls.map(\.end).max() ?? .zero
            try simulation.require(last < .seconds(25), "the last was served after \(last)")
            let herds = record.offered(to: users.instances[0].id, every: .milliseconds(10))
            // All come at first, within the first message's time.
            let later = herds.dropFirst(2).max() ?? 0
            try simulation.require(later <= 20, "\(later) of 200 clients came back within 10 ms")
        }
    }
}

/// Keeps the books of several limits by what was let through, and judges each decision by them.
private final class Ledger: Sendable {
    private struct State {
        /// When the full burst is there again, by key.
        var full: [UInt64: Int64] = [:]
        var refused: [Int]
        var wrong: String?
    }

    private let intervals: [Int64]
    private let bursts: [Int64]
    private let state: Mutex<State>

    init(_ limits: [RateLimit]) {
        intervals = limits.map { $0.period.nanoseconds / Int64($0.requests) }
        bursts = limits.map { Int64($0.burst) }
        state = Mutex(State(refused: limits.map { _ in 0 }))
    }

    /// What was wrong first.
    var wrong: String? { state.withLock { $0.wrong } }

    /// How many calls each limit would have refused.
    var refused: [Int] { state.withLock { $0.refused } }

    /// - Parameter answer: the time until the call fits; nil if it was let through.
    func judge(_ keys: [UInt64], _ answer: Duration?, at elapsed: Duration) {
        let now = elapsed.nanoseconds
        state.withLock { state in
            let waits = keys.indices.map { index in
                max(now, state.full[keys[index]] ?? now) + intervals[index] - intervals[index] * bursts[index] - now
            }
            for index in keys.indices where waits[index] > 0 { state.refused[index] += 1 }
            let wait = max(0, waits.max() ?? 0)
            if (answer == nil) != (wait == 0) || (answer ?? .zero).nanoseconds != wait {
                state.wrong =
                    state.wrong ?? "at \(elapsed) the wait is \(String(describing: answer)), by the books \(waits)"
            }
            guard wait == 0 else { return }
            for index in keys.indices {
                state.full[keys[index]] = max(now, state.full[keys[index]] ?? now) + intervals[index]
            }
        }
    }
}
