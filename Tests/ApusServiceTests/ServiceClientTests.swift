// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusResilience
import ApusService
import ApusTelemetry
import NIOCore
import Synchronization
import Testing

@Suite("Service clients")
struct ServiceClientTests {
    /// Ends the connection of every request without an answer.
    private final class Hangup: HTTPHandler {
        let requests = Atomic<Int>(0)

        func handle(_ head: RequestHead, on exchange: ServerExchange) {
            requests.wrappingAdd(1, ordering: .relaxed)
            exchange.abort()
        }
    }

    /// Answers everything the same way and keeps the heads.
    private final class Fixed: HTTPHandler {
        let status: HTTPStatus
        let body: String
        let heads = Mutex<[RequestHead]>([])

        init(_ status: HTTPStatus, _ body: String = "{}") {
            self.status = status
            self.body = body
        }

        func handle(_ head: RequestHead, on exchange: ServerExchange) {
            heads.withLock { $0.append(head) }
            exchange.respond(
                ResponseHead(status: status, headers: [.contentType: "application/json"]),
                body: ByteBuffer(string: body))
        }
    }

    /// Never answers.
    private struct Silent: HTTPHandler {
        func handle(_ head: RequestHead, on exchange: ServerExchange) {}
    }

    /// An address that refuses connections: port 1 of this machine.
    private static let closed = Origin(host: "127.0.0.1", port: 1)

    private func client(
        _ running: Running, _ endpoints: [Origin], _ configuration: ServiceClientConfiguration = .init(),
        metrics: MetricsRegistry = MetricsRegistry()
    ) throws -> ServiceClient {
        try ServiceClient(
            NotesAPI.self, resolver: StaticResolver(["notes": endpoints]), http: running.client, metrics: metrics,
            configuration: configuration)
    }

    /// The failure that `call` ends with.
    private func failure(_ call: () async throws(ServiceError) -> some Any) async -> CallFailure? {
        do throws(ServiceError) {
            _ = try await call()
            Issue.record("the call succeeded")
        } catch {
            if case .failure(let failure) = error { return failure }
            Issue.record("\(error)")
        }
        return nil
    }

    @Test("Operations give typed outputs, and the head on request")
    func outputs() async throws {
        try await Running.with { running in
            try await running.serve(NotesService().builder().build()) { address in
                let notes = try client(running, [address.endpoint])
                let answer = try await notes.call(NotesAPI.readNote, .init(id: 5))
                #expect(answer == Note(id: 5, title: "note"))
                let answer2 = try await notes.call(NotesAPI.listNotes, .init(limit: 2))
                #expect(answer2.count == 2)
                try await notes.call(NotesAPI.removeNote, .init(id: 5))
                let written = try await notes.send(NotesAPI.writeNote, .init(), body: NewNote(title: "x"))
                #expect(written.output == Note(id: 1, title: "x"))
                #expect(written.status == .created && written.etag == "\"1\"")
                #expect(written.headers[.location] == "/v1/notes/1")
                let changed = try await notes.call(
                    NotesAPI.changeNote, .init(id: 3, ifMatch: written.etag), body: NewNote(title: "y"))
                #expect(changed.title == "y")
                let key = try await notes.call(NotesAPI.publish, body: NewNote(title: "z"), idempotencyKey: "k-1")
                #expect(key.title == "k-1")
            }
        }
    }

    @Test("Declared errors are problems, everything else is a failure")
    func errors() async throws {
        try await Running.with { running in
            try await running.serve(NotesService().builder().build()) { address in
                let notes = try client(running, [address.endpoint])
                let missing = await #expect(throws: ServiceError.self) {
                    try await notes.call(NotesAPI.readNote, .init(id: 100))
                }
                #expect(missing?.isKind(of: .notFound) == true)
                let invalid = await #expect(throws: ServiceError.self) {
                    try await notes.call(NotesAPI.writeNote, body: NewNote(title: ""))
                }
                guard case .problem(let problem)? = invalid else {
                    Issue.record("\(String(describing: invalid))")
                    return
                }
                #expect(problem.errors?.map(\.field) == ["/title"])
                let undeclared = await failure { () async throws(ServiceError) in
                    try await notes.call(NotesAPI.fail, .init(id: 1))
                }
                #expect(undeclared?.code == .unexpectedStatus)
                #expect(undeclared?.status == 503 && undeclared?.service == "notes" && undeclared?.stage == .response)
                #expect(undeclared?.retryAfter == .seconds(3))
            }
        }
    }

    @Test(
        "An answer that is not what the contract says is an invalid response",
        arguments: ["{}", "[", "", #"{"id":"x"}"#])
    func invalidAnswers(body: String) async throws {
        try await Running.with { running in
            try await running.serve(handler: Fixed(.ok, body)) { address in
                let notes = try client(running, [address.endpoint])
                let reason = await failure { () async throws(ServiceError) in
                    try await notes.call(NotesAPI.readNote, .init(id: 1))
                }
                #expect(reason?.code == .invalidResponse)
            }
        }
    }

    @Test("Deadline, request id and trace travel along")
    func context() async throws {
        try await Running.with { running in
            let server = Fixed(.ok, #"{"id":1,"title":"x"}"#)
            try await running.serve(handler: server) { address in
                let notes = try client(running, [address.endpoint])
                var random = FastRandom(seed: 1)
                let context = CallContext(
                    deadline: Instant.now.advanced(by: .seconds(5)), requestID: RequestID("abc"),
                    trace: TraceContext(using: &random))
                try await CallContext.$current.withValue(context) {
                    _ = try await notes.call(NotesAPI.readNote, .init(id: 1))
                }
                try await notes.call(NotesAPI.readNote, .init(id: 1))
                let heads = server.heads.withLock { $0 }
                #expect(heads[0].headers[.requestID] == "abc")
                #expect(heads[0].headers[.traceparent] == context.trace?.traceparent)
                let timeout = try #require(heads[0].headers[.timeout].flatMap { Int($0) })
                #expect((4000...5000).contains(timeout))
                #expect(heads[1].headers[.requestID]?.count == 32)
                #expect(heads[1].headers[.timeout].flatMap { Int($0) } ?? 0 <= 10_000)
            }
        }
    }

    @Test("Without an instance the call fails at once, and says so")
    func noInstance() async throws {
        try await Running.with { running in
            let unnamed = try ServiceClient(
                "other", resolver: StaticResolver([:]), http: running.client, metrics: MetricsRegistry())
            for notes in [unnamed, try client(running, [])] {
                let reason = await failure { () async throws(ServiceError) in
                    try await notes.call(NotesAPI.readNote, .init(id: 1))
                }
                #expect(reason?.code == .noInstance && reason?.stage == .admission)
            }
        }
    }

    @Test("Instances take turns")
    func turns() async throws {
        try await Running.with { running in
            let (first, second) = (Fixed(.ok, #"{"id":1,"title":"x"}"#), Fixed(.ok, #"{"id":2,"title":"x"}"#))
            try await running.serve(handler: first) { one in
                try await running.serve(handler: second) { two in
                    let notes = try client(running, [one.endpoint, two.endpoint])
                    for _ in 0..<10 { try await notes.call(NotesAPI.readNote, .init(id: 1)) }
                    #expect(first.heads.withLock { $0.count } == 5)
                    #expect(second.heads.withLock { $0.count } == 5)
                }
            }
        }
    }

    @Test("An instance that refuses connections costs no call, not even one that may not be repeated")
    func refused() async throws {
        try await Running.with { running in
            try await running.serve(NotesService().builder().build()) { address in
                let metrics = MetricsRegistry()
                let notes = try client(running, [Self.closed, address.endpoint], metrics: metrics)
                for _ in 0..<10 { try await notes.call(NotesAPI.writeNote, body: NewNote(title: "x")) }
                let text = String(decoding: PrometheusText.write(metrics), as: UTF8.self)
                #expect(text.contains(#"http_client_requests_total{service="notes",status="201"} 10"#))
            }
        }
    }

    @Test("A lost connection is repeated, elsewhere, if the operation allows it")
    func lost() async throws {
        try await Running.with { running in
            let (broken, also) = (Hangup(), Hangup())
            try await running.serve(handler: broken) { bad in
                try await running.serve(handler: also) { worse in
                    try await running.serve(NotesService().builder().build()) { good in
                        var configuration = ServiceClientConfiguration()
                        configuration.breaker.consecutiveFailures = 1000
                        configuration.breaker.failureRate = nil
                        configuration.outliers = nil
                        let notes = try client(running, [bad.endpoint, good.endpoint], configuration)
                        for _ in 0..<6 { try await notes.call(NotesAPI.readNote, .init(id: 1)) }
                        #expect(broken.requests.load(ordering: .relaxed) >= 3)
                        var lost = 0
                        for _ in 0..<6 {
                            do {
                                try await notes.call(NotesAPI.writeNote, body: NewNote(title: "x"))
                            } catch ServiceError.failure(let failure) where failure.code == .connectionLost {
                                #expect(failure.attempts == 1 && failure.mayHaveReachedPeer)
                                lost += 1
                            }
                        }
                        #expect(lost == 3)
                        // With the key it may be repeated.
                        for _ in 0..<6 {
                            try await notes.call(NotesAPI.publish, body: NewNote(title: "x"), idempotencyKey: "k")
                        }
                        // As often as the configuration says, each instance first once.
                        let unlucky = try client(running, [bad.endpoint, worse.endpoint], configuration)
                        let reason = await failure { () async throws(ServiceError) in
                            try await unlucky.call(NotesAPI.readNote, .init(id: 1))
                        }
                        #expect(reason?.code == .connectionLost && reason?.attempts == 3)
                        #expect(also.requests.load(ordering: .relaxed) >= 1)
                    }
                }
            }
        }
    }

    @Test("An instance that keeps failing is left out, and with it alone the call is refused at once")
    func breaker() async throws {
        try await Running.with { running in
            let server = Fixed(.internalServerError)
            try await running.serve(handler: server) { address in
                let notes = try client(running, [address.endpoint])
                for _ in 0..<5 {
                    _ = await failure { () async throws(ServiceError) in
                        try await notes.call(NotesAPI.readNote, .init(id: 1))
                    }
                }
                let reason = await failure { () async throws(ServiceError) in
                    try await notes.call(NotesAPI.readNote, .init(id: 1))
                }
                #expect(reason?.code == .breakerOpen && reason?.service == "notes")
                #expect(reason?.retryAfter != nil && reason?.mayHaveReachedPeer == false)
                #expect(server.heads.withLock { $0.count } == 5)
            }
        }
    }

    @Test("The deadline ends the call, and none left sends nothing")
    func deadline() async throws {
        try await Running.with { running in
            try await running.serve(handler: Silent()) { address in
                let notes = try client(running, [address.endpoint])
                let late = await failure { () async throws(ServiceError) in
                    try await notes.call(
                        NotesAPI.readNote, .init(id: 1),
                        context: CallContext(deadline: Instant.now.advanced(by: .milliseconds(50))))
                }
                #expect(late?.code == .deadlineExceeded)
                let over = await failure { () async throws(ServiceError) in
                    try await notes.call(NotesAPI.readNote, .init(id: 1), context: CallContext(deadline: Instant.now))
                }
                #expect(over?.code == .deadlineExceeded && over?.stage == .admission)
            }
        }
    }

    @Test("A first call waits for the registry's first answer, later ones see its changes")
    func changes() async throws {
        struct OneView: Resolver {
            let view: ServiceView
            func view(of service: String) -> ServiceView { view }
        }
        try await Running.with { running in
            let (first, second) = (Fixed(.ok, #"{"id":1,"title":"x"}"#), Fixed(.ok, #"{"id":2,"title":"x"}"#))
            try await running.serve(handler: first) { one in
                try await running.serve(handler: second) { two in
                    let view = ServiceView(service: "notes")
                    let notes = try ServiceClient(
                        NotesAPI.self, resolver: OneView(view: view), http: running.client, metrics: MetricsRegistry())
                    async let early = notes.call(NotesAPI.readNote, .init(id: 1))
                    view.update([Instance(id: "1", service: "notes", endpoint: one.endpoint)])
                    let before = try await early
                    #expect(before.id == 1)
                    view.update([Instance(id: "2", service: "notes", endpoint: two.endpoint)])
                    let after = try await notes.call(NotesAPI.readNote, .init(id: 1))
                    #expect(after.id == 2)
                }
            }
        }
    }
}
