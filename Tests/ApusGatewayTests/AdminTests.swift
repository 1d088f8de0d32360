// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusRuntime
import ApusTelemetry
import ApusTesting
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import ApusGateway

@Suite("The admin endpoint and the gateway's life")
struct AdminTests {
    private func object(_ response: HTTPResponse) async throws -> [String: Any] {
        let body = try await response.body.collect(upTo: 1 << 20)
        return try #require(JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
    }

    @Test("a gateway on the runtime serves, shows its routes, instances, health and metrics, and drains")
    func life() async throws {
        let upstream = try RawServer { socket, _ in
            while !socket.receiveHead().isEmpty { socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        let yaml = """
            listeners: [{ address: 127.0.0.1:0 }, { address: "unix:/tmp/apus-gateway-\(UInt32.random(in: 0 ... .max)).sock" }]
            admin: 127.0.0.1:0
            services:
              users:
                endpoints: ["\(upstream.url)"]
                breaker: {}
                healthCheck: { path: /readyz }
              lost: { endpoints: ["\(try deadURL())"] }
            routes:
              - { match: { path: /v1/users/**, methods: [GET] }, to: users, rateLimit: { rate: 1000/s } }
              - { match: { path: /lost }, to: lost, timeout: off, rewrite: { stripPrefix: /lost, addPrefix: /found } }
            """
        var settings = Settings(environment: ["APUS_EVENT_LOOPS": "2", "SERVICE_NAME": "gateway"])
        let service = ServiceSettings(from: &settings, name: "gateway")
        let telemetry = ServiceTelemetry(
            output: LogOutput(target: MemoryLogTarget(), service: "gateway"), metrics: MetricsRegistry())
        let runtime = ServiceRuntime(service, telemetry: telemetry, announce: { _ in })
        let gateway = try Gateway(
            GatewayFile(yaml, name: "gateway.yaml").valid(), loops: runtime.loops, metrics: runtime.metrics,
            logger: runtime.logger)
        let ready = Shared<[ServerAddress]>([])
        gateway.install(in: runtime, discovery: nil, announce: { ready.value = $0 })
        let running = Task { try await runtime.run() }
        try await eventually("what the test waits for") { ready.value.count == 3 }
        let addresses = ready.value
        let loops = EventLoops(count: 1)
        let client = HTTPClient(loops: loops)
        for listener in addresses[..<2] {
            let response = try await client.send(HTTPRequest(.get, "/v1/users/7"), to: listener.endpoint)
            #expect(try await response.text() == "ok")
        }
        let lost = try await client.send(HTTPRequest(.get, "/lost"), to: addresses[0].endpoint)
        #expect(lost.status == 502)

        let admin = addresses[2].endpoint
        let routes = try await object(client.send(HTTPRequest(.get, "/routes"), to: admin))
        let listed = try #require(routes["routes"] as? [[String: Any]])
        #expect(listed.map { $0["path"] as? String } == ["/v1/users/**", "/lost"])
        #expect(listed[0]["methods"] as? [String] == ["GET"] && listed[0]["service"] as? String == "users")
        #expect(listed[0]["timeoutMs"] as? Double == 30_000 && listed[0]["idleTimeoutMs"] as? Double == 300_000)
        #expect((listed[0]["rateLimit"] as? [String: Any])?["rate"] as? String == "1000/s")
        #expect(listed[1]["timeoutMs"] is NSNull && listed[0]["rewrite"] == nil)
        #expect(listed[1]["rewrite"] as? [String: String] == ["stripPrefix": "/lost", "addPrefix": "/found"])
        let services = try #require(routes["services"] as? [[String: Any]])
        let instances = services.compactMap { ($0["instances"] as? [[String: Any]])?.first }
        #expect(instances.map { $0["status"] as? String } == ["healthy", "unreachable"])
        #expect((instances[0]["breaker"] as? [String: Any])?["state"] as? String == "closed")
        #expect(instances[0]["requests"] as? Int == 2 && instances[0]["inFlight"] as? Int == 0)

        #expect(try await client.send(HTTPRequest(.get, "/readyz"), to: admin).status == .ok)
        #expect(try await client.send(HTTPRequest(.get, "/livez"), to: admin).status == .ok)
        let health = try await object(client.send(HTTPRequest(.get, "/health"), to: admin))
        #expect((health["checks"] as? [String: Any])?.keys.sorted() == ["service lost", "service users"])
        let check = try #require((health["checks"] as? [String: [String: Any]])?["service users"])
        #expect(check["status"] as? String == "up" && check["since"] is String && check["durationMs"] is Double)
        let open = try await client.send(
            HTTPRequest(.get, "/metrics", headers: [.accept: "application/openmetrics-text"]), to: admin)
        #expect(open.headers[.contentType]?.hasPrefix("application/openmetrics-text") == true)
        #expect(try await open.text().hasSuffix("# EOF\n"))
        let metrics = try await client.send(HTTPRequest(.get, "/metrics"), to: admin).text()
        #expect(
            metrics.contains(
                "apus_gateway_upstream_failures_total{route=\"/lost\",service=\"lost\",stage=\"connect\"} 1"))
        #expect(metrics.contains("apus_gateway_faults_injected_total 0"))
        try await checkFaults(client, admin: admin, gateway: addresses[0].endpoint)
        #expect(try await client.send(HTTPRequest(.get, "/nowhere"), to: admin).status == .notFound)
        #expect(try await client.send(HTTPRequest(.post, "/routes"), to: admin).status == .methodNotAllowed)

        runtime.stop()
        try await running.value
        await client.shutdown()
        try await loops.shutdown()
    }

    /// Arms a fault over HTTP, sees it work, and takes it back.
    private func checkFaults(_ client: HTTPClient, admin: Origin, gateway: Origin) async throws {
        func faults(_ method: HTTPMethod, _ body: String = "") async throws -> HTTPResponse {
            try await client.send(HTTPRequest(method, "/faults", body: HTTPBody(body)), to: admin)
        }
        let rule = #"{"name": "down", "abort": 599, "match": {"service": "users"}}"#
        let armed = try await object(faults(.post, #"{"for": "60s", "rules": [\#(rule)]}"#))
        #expect((armed["rules"] as? [[String: Any]])?.map { $0["name"] as? String } == ["down"])
        #expect(try await client.send(HTTPRequest(.get, "/v1/users/7"), to: gateway).status.code == 599)
        let listed = try await object(faults(.get))
        #expect((listed["rules"] as? [[String: Any]])?.map { $0["injected"] as? Int } == [1])
        let refused = try await faults(.post, #"{"for": "60s", "rules": [{"name": "x", "abort": 7}]}"#)
        #expect(refused.status == 400)
        let reason = try await refused.text()
        #expect(reason.hasPrefix("faults:1:49: 'rules[0].abort' must be a whole number"), "\(reason)")
        #expect(try await faults(.post, String(repeating: "x", count: 70_000)).status == 413)
        #expect(try await faults(.put).status == .methodNotAllowed)
        #expect(try await faults(.delete).status == .ok)
        #expect(try await client.send(HTTPRequest(.get, "/v1/users/7"), to: gateway).status == .ok)
    }

    @Test("a file that can't be used ends the command with status 2, a log that can't be opened with 1")
    func statuses() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "apus-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func status(_ yaml: String, _ environment: [String: String] = [:]) async throws -> Int32 {
            let file = folder.appendingPathComponent("gateway.yaml")
            try yaml.write(to: file, atomically: true, encoding: .utf8)
            return await Gateway.run(configurationFile: file.path, environment: environment)
        }
        let good = "listeners: [{ address: 127.0.0.1:0 }]\n" + oneService(["http://127.0.0.1:1"])
        #expect(await Gateway.run(configurationFile: "/nowhere.yaml", environment: [:]) == 2)
        #expect(try await status("listeners: 7") == 2)
        #expect(try await status(good, ["APUS_EVENT_LOOPS": "many"]) == 2)
        #expect(try await status(good + "\naccessLog: /nowhere/access.log") == 1)
        let auth = "\nauth: { keys: [{ id: a, algorithm: HS256, secret: { env: A } }] }"
        #expect(try await status(good + auth) == 2)
        #expect(try await status(good + auth, ["A": "short"]) == 2)
        try FileManager.default.removeItem(at: folder)
    }
}
