// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusRuntime
import Foundation
import Testing

@Suite("Operations endpoints")
struct OpsEndpointsTests {
    struct Broken: Error {}

    let health: HealthChecks
    let ops: OpsEndpoints

    init() {
        health = HealthChecks(service: "users")
        ops = OpsEndpoints(health: health) { accept in ("text/x; accept=\(accept ?? "none")", Array("m 1\n".utf8)) }
    }

    func answer(_ path: String) throws -> (status: Int, text: String) {
        let response = try #require(ops.answer(path: path))
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    @Test("/livez answers while the process lives, whatever its phase and checks")
    func livez() async throws {
        health.add("db") { throw Broken() }
        await health.refresh()
        for phase in [ServicePhase.starting, .ready, .draining] {
            health.enter(phase)
            #expect(try answer("/livez") == (200, #"{"status":"up"}"#))
        }
        health.setLoop(1, blockedSince: Instant.now.advanced(by: .seconds(-60)))
        #expect(try answer("/livez") == (503, #"{"blockedEventLoops":[1],"status":"down"}"#))
    }

    @Test("/readyz follows the phase and names what fails")
    func readyz() async throws {
        #expect(try answer("/readyz") == (503, #"{"status":"starting"}"#))
        health.enter(.ready)
        #expect(try answer("/readyz") == (200, #"{"status":"ready"}"#))
        health.add("db") { throw Broken() }
        await health.refresh()
        #expect(try answer("/readyz") == (503, #"{"failing":["db"],"status":"not ready"}"#))
        health.add("db") {}
        await health.refresh()
        health.enter(.draining)
        #expect(try answer("/readyz") == (503, #"{"status":"draining"}"#))
    }

    @Test("/health shows each check by name")
    func healthDocument() async throws {
        health.add("db") {}
        health.add("cache", .init(isCritical: false)) { throw Broken() }
        await health.refresh()
        let (status, text) = try answer("/health")
        #expect(status == 200)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["status"] as? String == "up")
        #expect(document["service"] as? String == "users")
        let checks = try #require(document["checks"] as? [String: [String: Any]])
        #expect(checks["db"]?["status"] as? String == "up")
        #expect(checks["db"]?["critical"] as? Bool == true)
        #expect(checks["db"]?["lastError"] == nil)
        #expect(checks["cache"]?["status"] as? String == "down")
        #expect(checks["cache"]?["lastError"] as? String == "Broken")
        #expect(checks["cache"]?["durationMs"] as? Double != nil)
        let since = try #require(checks["cache"]?["since"] as? String)
        let date = try Date(since, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(abs(date.timeIntervalSinceNow) < 60)

        health.add("db") { throw Broken() }
        #expect(try answer("/health").status == 503)
    }

    @Test("/metrics hands on the Accept header")
    func metrics() throws {
        let response = try #require(ops.answer(path: "/metrics", accept: "a/b"))
        #expect(response == OpsResponse(status: 200, contentType: "text/x; accept=a/b", body: Array("m 1\n".utf8)))
    }

    @Test("other paths are none of its business", arguments: ["/", "/livez/", "/Livez", "/healthz", ""])
    func others(path: String) { #expect(ops.answer(path: path) == nil) }
}
