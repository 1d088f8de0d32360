// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusRuntime
import ApusTelemetry
import ApusTesting
import TestSupport
import Testing

@testable import ApusGateway

@Suite("TLS on both sides of the gateway")
struct TLSTests {
    private typealias Identity = (certificate: String, key: String)

    /// Runs a gateway in front of an HTTPS server that shows `identity`.
    private func withUpstream(
        _ identity: Identity, host: String = "127.0.0.1", ca: String?, _ body: (TestGateway) async throws -> Void
    ) async throws {
        let loops = EventLoops(count: 1)
        var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
        configuration.tls = ServerTLS(certificateFile: identity.certificate, privateKeyFile: identity.key)
        let server = HTTPServer(configuration: configuration, loops: loops, responder: Responding.echo)
        let port = try await server.start().port
        let trust = ca.map { "tls: { ca: \"\($0)\" }" } ?? ""
        let gateway = try await TestGateway(oneService(["https://\(host):\(port)"], service: trust), loops: loops)
        let result: Result<Void, any Error>
        do { result = .success(try await body(gateway)) } catch { result = .failure(error) }
        await gateway.stop()
        await server.drain(within: .zero)
        try await loops.shutdown()
        try result.get()
    }

    private func expectRefused(_ gateway: TestGateway) async throws {
        for method in [HTTPMethod.get, .post] {
            let response = try await gateway.send(method, "/x")
            let problem = try await gateway.problem(response)
            #expect(response.status == 502)
            #expect(problem["code"] as? String == "connect_failed" && problem["stage"] as? String == "connect")
        }
    }

    @Test("a service whose certificate is signed by the given authority for its address or name is used")
    func verified() async throws {
        try await TestAuthority.withTwo { (authority, _) async throws in
            let identity = try await authority.issue("DNS:localhost,IP:127.0.0.1")
            for host in ["127.0.0.1", "localhost"] {
                try await withUpstream(identity, host: host, ca: authority.certificate) { (gateway) async throws in
                    for _ in 0..<3 {
                        let response = try await gateway.send(.get, "/x")
                        #expect(response.status == .ok)
                        #expect(try await response.text().hasPrefix("GET /x\n"))
                    }
                }
            }
        }
    }

    @Test("a certificate for another name or address is refused as 502 at the stage connect")
    func wrongName() async throws {
        try await TestAuthority.withTwo { (authority, _) async throws in
            for (names, host) in [
                ("DNS:other.example.test", "localhost"), ("DNS:localhost", "127.0.0.1"), ("IP:127.0.0.2", "127.0.0.1"),
            ] {
                let identity = try await authority.issue(names)
                try await withUpstream(identity, host: host, ca: authority.certificate) { (gateway) async throws in
                    try await expectRefused(gateway)
                }
            }
        }
    }

    @Test("an authority that isn't trusted is refused as 502 at the stage connect")
    func unknownAuthority() async throws {
        try await TestAuthority.withTwo { (authority, other) async throws in
            let identity = try await authority.issue("IP:127.0.0.1")
            for ca in [other.certificate, nil] {
                try await withUpstream(identity, ca: ca) { (gateway) async throws in
                    try await expectRefused(gateway)
                }
            }
        }
    }

    @Test("a listener with TLS serves those who trust its authority, over TLS only, and tells the service so")
    func listener() async throws {
        try await TestAuthority.withTwo { (authority, other) async throws in
            let identity = try await authority.issue("IP:127.0.0.1")
            let loops = EventLoops(count: 1)
            let server = HTTPServer(
                configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
                responder: Responding.echo)
            let upstream = try await server.start()
            let yaml = """
                listeners:
                  - address: 127.0.0.1:0
                    tls: { certificate: "\(identity.certificate)", key: "\(identity.key)" }
                \(oneService(["\(upstream)"]))
                """
            try await running(yaml) { (address) async throws in
                #expect(address.description.hasPrefix("https://127.0.0.1:"))
                var trusting = HTTPClientConfiguration()
                trusting.tls = ClientTLS(authoritiesFile: authority.certificate)
                let client = HTTPClient(configuration: trusting, loops: loops)
                let text = try await client.send(HTTPRequest(.get, "/x"), to: address.endpoint).text()
                #expect(text.contains("x-forwarded-proto: https"))
                await client.shutdown()

                trusting.tls.authoritiesFile = other.certificate
                let stranger = HTTPClient(configuration: trusting, loops: loops)
                await #expect(throws: CallFailure.self) {
                    try await stranger.send(HTTPRequest(.get, "/x"), to: address.endpoint)
                }
                let plain = Origin(host: "127.0.0.1", port: address.port)
                let refused = try await stranger.send(HTTPRequest(.get, "/x"), to: plain)
                #expect(refused.status == 400)
                await stranger.shutdown()
            }
            await server.drain(within: .zero)
            try await loops.shutdown()
        }
    }

    @Test("every file of TLS that can't be read or doesn't belong to another stops the start, and is named")
    func unreadable() async throws {
        try await TestAuthority.withTwo { (authority, other) async throws in
            let (mine, theirs) = (try await authority.issue("IP:127.0.0.1"), try await other.issue("IP:127.0.0.1"))
            let yaml = """
                listeners:
                  - { address: "127.0.0.1:0", tls: { certificate: /nowhere/cert, key: "\(mine.certificate)" } }
                  - { address: "127.0.0.1:0", tls: { certificate: "\(mine.certificate)", key: "\(theirs.key)" } }
                  - { address: "127.0.0.1:0", tls: { certificate: "\(mine.certificate)", key: "\(mine.key)" } }
                \(oneService(["https://127.0.0.1:1"], service: "tls: { ca: /nowhere/ca }"))
                """
            do {
                try await running(yaml) { _ in }
                Issue.record("it started")
            } catch let error as InvalidConfiguration {
                let keys = [
                    "listeners[0].tls.certificate", "listeners[0].tls.key", "listeners[1].tls.key",
                    "services.users.tls.ca",
                ]
                #expect(error.problems.map(\.key) == keys)
                for (problem, named) in zip(
                    error.problems, ["/nowhere/cert", mine.certificate, theirs.key, "/nowhere/ca"])
                {
                    #expect(problem.message.contains(named))
                }
            }
        }
    }

    /// Runs a gateway with its listeners on a runtime, as the command does.
    private func running(_ yaml: String, _ body: (ServerAddress) async throws -> Void) async throws {
        var settings = Settings(environment: ["APUS_EVENT_LOOPS": "1", "SERVICE_NAME": "gateway"])
        let telemetry = ServiceTelemetry(
            output: LogOutput(target: MemoryLogTarget(), service: "gateway"), metrics: MetricsRegistry())
        let runtime = ServiceRuntime(
            ServiceSettings(from: &settings, name: "gateway"), telemetry: telemetry, announce: { _ in })
        let gateway = try Gateway(
            GatewayFile(yaml, name: "gateway.yaml").valid(), loops: runtime.loops, metrics: runtime.metrics,
            logger: runtime.logger)
        let ready = Shared<[ServerAddress]>([])
        let ended = Shared<(any Error)?>(nil)
        gateway.install(in: runtime, discovery: nil, announce: { ready.value = $0 })
        let task = Task {
            do { try await runtime.run() } catch { ended.value = error }
        }
        try await eventually("the gateway serves, or has said why not") {
            !ready.value.isEmpty || ended.value != nil
        }
        var result = Result<Void, any Error>.success(())
        if let address = ready.value.first {
            do { try await body(address) } catch { result = .failure(error) }
        }
        runtime.stop()
        await task.value
        if let error = ended.value { throw error }
        try result.get()
    }
}
