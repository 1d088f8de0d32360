// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusMessaging
import ApusResilience
import ApusRuntime
import ApusService
import ApusTelemetry
import ApusTesting
import Foundation
import NIOCore
import Testing

@Suite("Faults that are injected into a service on purpose", .timeLimit(.minutes(1)))
struct ServiceFaultTests {
    private let on = ["FAULTS": "on"]

    @Test(
        "an abort hits the operation that it names, not health nor what takes it back, and is seen until it is taken back"
    )
    func abort() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            #expect(try await program.faults(.get) == (200, "{\"rules\":[]}\n"))
            let (status, text) = try await program.arm(#""abort": 599, "match": {"operation": "readNote"}"#)
            #expect(status == 200 && text.contains(#""target":"server","operation":"readNote""#), "\(text)")
            let answer = try await program.get("/v1/notes/1")
            #expect(answer.status == 599 && answer.body.contains(#""code":"injected_fault""#))
            #expect(answer.body.contains("\"requestId\""))
            #expect(try await program.get("/v1/notes").status == 200)
            #expect(try await program.get("/health").status == 200)
            #expect(try await program.get("/metrics").body.contains("apus_faults_injected_total 1"))
            #expect(try await program.faults(.get).body.contains(#""injected":1"#))
            #expect(try await program.faults(.delete) == (200, "{\"rules\":[]}\n"))
            #expect(try await program.get("/v1/notes/1").status == 200)
        }
    }

    @Test("a fault ends by itself")
    func expires() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            _ = try await program.arm(
                #""abort": 503, "match": {"header": {"name": "X-Chaos", "value": "1"}}"#, for: "300ms")
            #expect(try await program.get("/v1/notes", ["X-Chaos": "0"]).status == 200)
            #expect(try await program.get("/v1/notes", ["X-Chaos": "1"]).status == 503)
            try await eventually("it is over") { try await program.get("/v1/notes", ["X-Chaos": "1"]).status == 200 }
            #expect(try await program.faults(.get) == (200, "{\"rules\":[]}\n"))
        }
    }

    @Test("a latency comes before the handler, and ends at the request's deadline")
    func latency() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            _ = try await program.arm(#""latency": "200ms", "match": {"path": "/v1/notes/{id}", "method": "GET"}"#)
            let start = ContinuousClock.now
            #expect(try await program.get("/v1/notes/1").status == 200)
            #expect(ContinuousClock.now - start >= .milliseconds(200))
            _ = try await program.arm(#""latency": "60s""#)
            #expect(try await program.get("/v1/notes/1", ["Apus-Timeout-Ms": "50"]).status == 504)
        }
    }

    @Test("a dropped connection is one without an answer, after the work was done")
    func drop() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            _ = try await program.arm(#""drop": true, "match": {"path": "/insert"}"#)
            let failure = await #expect(throws: CallFailure.self) { try await program.insert() }
            #expect(failure?.code == .connectionLost, "\(String(describing: failure))")
            #expect(try await program.get("/count").body == "1")
        }
    }

    @Test("a slow body comes whole, but at so many bytes a second", arguments: ["/big", "/stream"])
    func slowBody(path: String) async throws {
        try await RunningProgram.with(on) { (program) async throws in
            _ = try await program.arm(#""slowBody": 10000"#)
            let start = ContinuousClock.now
            let response = try await program.send(HTTPRequest(.get, path))
            #expect(response.headers[.contentLength] == (path == "/big" ? "2000" : nil))
            #expect(try await response.body.collect(upTo: 4_000).readableBytes == 2_000)
            #expect(ContinuousClock.now - start >= .milliseconds(200))
        }
    }

    @Test("a statement isn't made, or made and then lost; a transaction that loses its connection is undone")
    func database() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            _ = try await program.arm(#""abort": true, "match": {"target": "database", "operation": "INSERT"}"#)
            #expect(try await program.insert().status == 503)
            #expect(try await program.get("/count").body == "0")
            _ = try await program.arm(#""drop": true, "match": {"target": "database", "operation": "INSERT"}"#)
            #expect(try await program.insert().status == 500)
            #expect(try await program.get("/count").body == "1")
            _ = try await program.arm(#""abort": true, "match": {"target": "database", "operation": "SELECT"}"#)
            #expect(try await program.get("/careless").status == 503)
            _ = try await program.arm(#""drop": true, "match": {"target": "database", "operation": "TRANSACTION"}"#)
            #expect(try await program.get("/count").body == "1", "the careless one was undone")
            #expect(try await program.get("/careless").status == 500)
            #expect(try await program.get("/count").body == "2", "it was committed before")
            _ = try await program.arm(#""latency": "60s", "match": {"target": "database"}"#)
            // What times out says so itself, or is answered for.
            #expect(try await [500, 504].contains(program.get("/count", ["Apus-Timeout-Ms": "50"]).status))
            _ = try await program.faults(.delete)
            #expect(try await program.get("/careless").status == 200)
            #expect(try await program.get("/count").body == "3")
        }
    }

    @Test("without its cache a service goes on")
    func cache() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            #expect(try await program.get("/cache").body == "cached")
            _ = try await program.arm(#""abort": true, "match": {"target": "cache"}"#)
            #expect(try await program.get("/cache").body == "unavailable, loaded")
            _ = try await program.arm(#""latency": "60s", "match": {"target": "cache", "operation": "load"}"#)
            #expect(try await [500, 504].contains(program.get("/cache", ["Apus-Timeout-Ms": "50"]).status))
            _ = try await program.faults(.delete)
            #expect(try await program.get("/cache").body == "cached")
        }
    }

    @Test("a message isn't brought, or brought and then lost")
    func broker() async throws {
        let faults = FaultInjector()
        let loops = EventLoops(count: 1)
        let http = HTTPClient(loops: loops)
        let network = ServiceNetwork(
            resolver: InProcessResolver(), http: http, metrics: MetricsRegistry(), faults: faults)
        let transport = HTTPRelayTransport(network: network, token: nil)
        let message = Message(id: "1", type: "a", source: "/x", created: Date(), data: [])
        let rule = FaultRule("down", .abort(FaultAbort()), match: FaultMatch(target: "broker", operation: "a"))
        try faults.arm(rule, for: .seconds(60))
        let aborted = await #expect(throws: CallFailure.self) { try await transport.send(message, to: "orders") }
        #expect(aborted?.message == "aborted by an injected fault")
        faults.disarmAll()
        let real = await #expect(throws: CallFailure.self) { try await transport.send(message, to: "orders") }
        #expect(real?.code == .noInstance)
        await http.shutdown()
        try await loops.shutdown()
    }

    @Test("nothing can be armed unless the settings allow it, and never in production")
    func allowed() async throws {
        try await RunningProgram.with([:]) { (program) async throws in
            for method in [HTTPMethod.get, .post, .delete] { #expect(try await program.faults(method).status == 404) }
            #expect(program.host.runtime.faults == nil)
        }
        var settings = Settings(environment: ["FAULTS": "on", "ENVIRONMENT": "production"])
        _ = ServiceSettings(from: &settings, name: "notes")
        #expect(
            settings.problems.map(\.description) == [
                "FAULTS (environment): must be off where ENVIRONMENT is production"
            ])
    }

    @Test("only processes of the same machine may arm, or those that have the token")
    func trusted() async throws {
        let rule = #"{"for": "60s", "rules": [{"name": "a", "abort": 503}]}"#
        try await RunningProgram.with(on) { (program) async throws in
            #expect(try await program.faults(.post, rule, ["X-Forwarded-For": "10.0.0.1"]).status == 403)
            #expect(try await program.faults(.delete, "", ["Via": "1.1 gateway"]).status == 403)
            #expect(program.host.runtime.faults?.armed.isEmpty == true)
        }
        try await RunningProgram.with(on.merging(["SERVICE_TOKEN": "0123456789abcdef"]) { $1 }) {
            (program) async throws in
            #expect(try await program.faults(.post, rule).status == 401)
            #expect(try await program.faults(.get).status == 401)
            #expect(try await program.faults(.post, rule, ["Authorization": "Bearer 0123456789abcdef"]).status == 200)
            #expect(program.host.runtime.faults?.armed.count == 1)
        }
    }

    @Test("what can't be armed is refused whole")
    func refused() async throws {
        try await RunningProgram.with(on) { (program) async throws in
            let (status, text) = try await program.arm(#""abort": 503, "match": {"target": "database"}"#)
            #expect(status == 400)
            #expect(text == "faults:1:52: 'rules[0].abort' must be true, not '503'\n", "\(text)")
            #expect(try await program.faults(.post, String(repeating: "x", count: 70_000)).status == 413)
            #expect(try await program.faults(.put).status == 405)
            #expect(program.host.runtime.faults?.armed.isEmpty == true)
        }
    }
}
