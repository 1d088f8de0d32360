// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusContract
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusResilience
import ApusService
import ApusTelemetry
import ApusTesting
import Logging
import NIOCore
import Synchronization
import Testing

@Suite("The layers of a service client")
struct ClientStackTests {
    /// Answers everything with one status and counts.
    private final class Fixed: HTTPHandler {
        let status: HTTPStatus
        let headers: Headers
        let requests = Atomic<Int>(0)

        init(_ status: HTTPStatus, _ headers: Headers = [:]) {
            self.status = status
            self.headers = headers
        }

        var count: Int { requests.load(ordering: .relaxed) }

        func handle(_ head: RequestHead, on exchange: ServerExchange) {
            requests.wrappingAdd(1, ordering: .relaxed)
            exchange.respond(ResponseHead(status: status, headers: headers), body: ByteBuffer(string: "{}"))
        }
    }

    /// Keeps its requests until it is told to answer.
    private final class Held: HTTPHandler {
        let waiting = Mutex<[ServerExchange]>([])

        func handle(_ head: RequestHead, on exchange: ServerExchange) {
            waiting.withLock { $0.append(exchange) }
        }
    }

    /// No breaker, no ejections: what is left is what the test is about.
    private static var plain: ServiceClientConfiguration {
        var configuration = ServiceClientConfiguration()
        configuration.breaker.consecutiveFailures = 0
        configuration.breaker.failureRate = nil
        configuration.outliers = nil
        return configuration
    }

    private func client(
        _ running: Running, _ origins: [Origin], _ configuration: ServiceClientConfiguration,
        metrics: MetricsRegistry = MetricsRegistry(), faults: FaultInjector = FaultInjector()
    ) throws -> ServiceClient {
        try ServiceClient(
            NotesAPI.self, resolver: StaticResolver(["notes": origins]), http: running.client, metrics: metrics,
            configuration: configuration, faults: faults)
    }

    private func read(_ notes: ServiceClient) async -> CallFailure? {
        do {
            try await notes.call(NotesAPI.readNote, .init(id: 1))
            return nil
        } catch {
            guard case .failure(let failure) = error else { return nil }
            return failure
        }
    }

    @Test("An answer of 503 is asked for again elsewhere if the operation is safe, and not at all if it isn't")
    func unavailable() async throws {
        try await Running.with { running in
            let bad = Fixed(.serviceUnavailable)
            try await running.serve(handler: bad) { first in
                try await running.serve(NotesService().builder().build()) { second in
                    let notes = try client(running, [first.endpoint, second.endpoint], Self.plain)
                    for _ in 0..<6 { #expect(await read(notes) == nil) }
                    let before = bad.count
                    #expect(before >= 3)
                    var refused = 0
                    for _ in 0..<6 {
                        do {
                            try await notes.call(NotesAPI.writeNote, body: NewNote(title: "x"))
                        } catch ServiceError.failure(let failure) {
                            #expect(failure.code == .unexpectedStatus && failure.attempts == 1)
                            refused += 1
                        }
                    }
                    #expect(refused == 3)
                    #expect(bad.count == before + 3)
                }
            }
        }
    }

    @Test("The budget bounds the retries of all calls together")
    func budget() async throws {
        try await Running.with { running in
            let bad = Fixed(.serviceUnavailable)
            try await running.serve(handler: bad) { address in
                var configuration = Self.plain
                configuration.retry.backoff = Backoff(base: .nanoseconds(1), maximum: .nanoseconds(1))
                configuration.retryBudget.minimumPerSecond = 0
                configuration.retryBudget.ratio = 0.2
                let metrics = MetricsRegistry()
                let notes = try client(running, [address.endpoint], configuration, metrics: metrics)
                for _ in 0..<50 { #expect(await read(notes)?.status == 503) }
                // 50 calls have earned 10 retries; each of them ended for want of another.
                #expect((58...60).contains(bad.count))
                let text = String(decoding: PrometheusText.write(metrics), as: UTF8.self)
                #expect(text.contains("apus_client_give_ups_total{reason=\"budget_exhausted\",service=\"notes\"} 50"))
            }
        }
    }

    @Test("An instance that fails more than the others is left out, and told of")
    func outliers() async throws {
        try await Running.with { running in
            let bad = Fixed(.serviceUnavailable)
            try await running.serve(handler: bad) { first in
                try await running.serve(NotesService().builder().build()) { second in
                    var configuration = ServiceClientConfiguration()
                    configuration.breaker.consecutiveFailures = 0
                    configuration.breaker.failureRate = nil
                    let notes = try client(running, [first.endpoint, second.endpoint], configuration)
                    for _ in 0..<40 { #expect(await read(notes) == nil) }
                    #expect(bad.count == 3)
                    #expect(notes.ejections.count == 1)
                }
            }
        }
    }

    @Test("An armed fault fails calls that match it, until it is disarmed")
    func faults() async throws {
        try await Running.with { running in
            try await running.serve(NotesService().builder().build()) { address in
                let faults = FaultInjector()
                let notes = try client(running, [address.endpoint], Self.plain, faults: faults)
                #expect(await read(notes) == nil)
                var match = FaultMatch()
                match.target = "client:notes"
                match.method = "GET"
                try faults.arm(
                    FaultRule("no reading", .abort(FaultAbort(code: .invalidResponse)), match: match), for: .seconds(60)
                )
                #expect(await read(notes)?.code == .invalidResponse)
                try await notes.call(NotesAPI.writeNote, body: NewNote(title: "x"))
                faults.disarmAll()
                #expect(await read(notes) == nil)
            }
        }
    }

    @Test("A full bulkhead refuses at once, typed, and lets the next in when a call ends")
    func bulkhead() async throws {
        try await Running.with { running in
            let held = Held()
            try await running.serve(handler: held) { address in
                var configuration = Self.plain
                var limit = BulkheadConfiguration()
                limit.maximumCalls = 1
                limit.maximumWaiting = 0
                configuration.bulkhead = limit
                let notes = try client(running, [address.endpoint], configuration)
                let first = Task { await read(notes) }
                try await eventually("the first is under way") { held.waiting.withLock { $0.count } == 1 }
                let refused = await read(notes)
                #expect(refused?.code == .overloaded && refused?.stage == .admission)
                #expect(refused?.retryAfter != nil && refused?.mayHaveReachedPeer == false)
                first.cancel()
                #expect(await first.value?.code == .cancelled)
                let next = Task { await read(notes) }
                try await eventually("the next is under way") { held.waiting.withLock { $0.count } == 2 }
                next.cancel()
                _ = await next.value
            }
        }
    }

    @Test("A configuration that can't be used is refused with every problem, by its path")
    func invalid() async throws {
        try await Running.with { running in
            var configuration = ServiceClientConfiguration()
            configuration.timeout = .zero
            configuration.retry.maximumAttempts = 0
            configuration.breaker.openDuration = .zero
            configuration.retryBudget.ratio = -1
            do {
                _ = try client(running, [], configuration)
                Issue.record("it should be refused")
            } catch let error as InvalidConfiguration {
                let keys = error.problems.map(\.key)
                #expect(
                    keys.starts(with: ["timeout", "retry.maximumAttempts", "retryBudget.ratio", "breaker.openDuration"])
                )
            }
        }
    }

    @Test("What a breaker and outlier detection do is logged, a line for each change, and counted")
    func events() async throws {
        let target = MemoryLogTarget()
        let output = LogOutput(target: target, service: "caller", level: .debug)
        let metrics = MetricsRegistry()
        var configuration = ServiceClientConfiguration()
        configuration.maximumAttempts = 1
        configuration.breaker.consecutiveFailures = 4
        configuration.outliers?.consecutiveGatewayFailures = 2
        try await Running.with { (running) async throws in
            let bad = Fixed(.serviceUnavailable)
            try await running.serve(handler: bad) { (address) async throws in
                let network = ServiceNetwork(
                    resolver: StaticResolver(["notes": [address.endpoint]]), http: running.client, metrics: metrics,
                    configuration: configuration, logger: output.logger(label: "client"))
                let notes = try network.client(of: NotesAPI.self)
                for _ in 0..<6 { _ = await read(notes) }
                #expect(bad.count == 4)
            }
        }
        output.flush()
        let changes = target.lines.filter { $0.contains("breaker changed") }
        #expect(changes.count == 1, "\(target.lines)")
        let isWarning = changes.first?.contains(#""level":"warning""#) == true
        #expect(isWarning && changes.first?.contains(#""upstream":"notes""#) == true, "\(changes)")
        let text = String(decoding: PrometheusText.write(metrics), as: UTF8.self)
        #expect(
            text.contains(
                #"apus_client_breaker_transitions_total{reason="consecutive_failures",service="notes",to="open"} 1"#),
            "\(text)")
    }
}
