// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusTesting
import Foundation
import Logging
import Testing

@Suite("RegistryServer")
struct RegistryServerTests {
    private let registration = #"{"url":"http://127.0.0.1:9001","metadata":{"zone":"a"},"ttlSeconds":10}"#

    @Test("registers, lists, renews and deregisters over HTTP")
    func lifecycle() async throws {
        try await RegistryFixture.with { registry in
            let granted = try await registry.send(.put, "/v1/services/users/instances/a", registration)
            #expect(granted.status == 200)
            let generation = try #require(granted.json["generation"] as? Int)
            #expect(granted.json["ttlSeconds"] as? Double == 10)

            let listing = try await registry.send(.get, "/v1/services/users")
            let instances = try #require(listing.json["instances"] as? [[String: Any]])
            #expect(instances.count == 1)
            #expect(instances.first?["id"] as? String == "a")
            #expect(instances.first?["url"] as? String == "http://127.0.0.1:9001")
            #expect(instances.first?["metadata"] as? [String: String] == ["zone": "a"])

            let path = "/v1/services/users/instances/a"
            #expect(try await registry.send(.post, path + "/renew?generation=\(generation)").status == 200)
            #expect(try await registry.send(.delete, path + "?generation=\(generation)").status == 204)
            #expect(try await registry.send(.delete, path + "?generation=\(generation)").status == 204)
            let services = try await registry.send(.get, "/v1/services")
            #expect((services.json["services"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("a question stays open until there is news")
    func longPoll() async throws {
        try await RegistryFixture.with { registry in
            let index = try #require(try await registry.send(.get, "/v1/services/users").json["index"] as? Int)
            async let answer = registry.send(.get, "/v1/services/users?index=\(index)&wait=60s")
            try await eventually("the question is open") { registry.registry.waiting == 1 }
            _ = try await registry.send(.put, "/v1/services/users/instances/a", registration)
            let news = try await answer
            #expect((news.json["index"] as? Int ?? 0) > index)
            #expect((news.json["instances"] as? [Any])?.count == 1)
        }
    }

    @Test("a question ends with the list as it is when its time is over")
    func longPollEnds() async throws {
        try await RegistryFixture.with { registry in
            let index = try #require(try await registry.send(.get, "/v1/services/users").json["index"] as? Int)
            let answer = try await registry.send(.get, "/v1/services/users?index=\(index)&wait=50ms")
            #expect(answer.status == 200 && answer.json["index"] as? Int == index)
        }
    }

    @Test("changes are told in order, and 410 says that they must be listed again")
    func changes() async throws {
        try await RegistryFixture.with { registry in
            let index = try #require(try await registry.send(.get, "/v1/services").json["index"] as? Int)
            _ = try await registry.send(.put, "/v1/services/users/instances/a", registration)
            _ = try await registry.send(.delete, "/v1/services/users/instances/a")
            let answer = try await registry.send(.get, "/v1/changes?index=\(index)")
            let changes = try #require(answer.json["changes"] as? [[String: Any]])
            #expect(changes.compactMap { $0["kind"] as? String } == ["registered", "deregistered"])
            let gone = try await registry.send(.get, "/v1/changes?index=1")
            #expect(gone.status == 410 && gone.json["code"] as? String == "compacted")
        }
    }

    @Test(
        "what can't be served is a problem document with its status",
        arguments: [
            ("PUT", "/v1/services/users/instances/a", "{", 400, "invalid"),
            ("PUT", "/v1/services/users/instances/a", #"{"url":"ftp://x","ttlSeconds":10}"#, 400, "invalid"),
            ("PUT", "/v1/services/users/instances/a", #"{"url":"http://h:1","ttlSeconds":0}"#, 400, "invalid"),
            ("PUT", "/v1/services/us%20ers/instances/a", #"{"url":"http://h:1","ttlSeconds":9}"#, 400, "invalid"),
            ("PUT", "/v1/services/users/instances/a", String(repeating: " ", count: 70_000), 413, "body_too_large"),
            ("POST", "/v1/services/users/instances/a/renew?generation=1", "", 404, "lease_unknown"),
            ("POST", "/v1/services/users/instances/a/renew?generation=x", "", 400, "invalid"),
            ("GET", "/v1/services/users?indx=1", "", 400, "invalid"),
            ("GET", "/v1/services/users?index=1&wait=soon", "", 400, "invalid"),
            ("GET", "/v2", "", 404, "not_found"),
            ("PATCH", "/v1/services/users", "", 404, "not_found"),
        ])
    func problems(method: String, target: String, body: String, status: Int, code: String) async throws {
        try await RegistryFixture.with { registry in
            let answer = try await registry.send(HTTPMethod(method), target, body)
            #expect(answer.status == status)
            #expect(answer.json["code"] as? String == code)
            #expect(answer.headers[.contentType] == "application/problem+json")
        }
    }

    @Test("tells how it is")
    func own() async throws {
        try await RegistryFixture.with { registry in
            _ = try await registry.send(.put, "/v1/services/users/instances/a", registration)
            #expect(try await registry.text("/livez") == "ok\n")
            #expect(try await registry.send(.get, "/readyz").status == 200)
            #expect(try await registry.send(.get, "/health").json["instances"] as? Int == 1)
            #expect(try await registry.text("/metrics").contains("\napus_registry_registrations_total 1.0\n"))
        }
    }

    @Test("a client over HTTP registers, watches and keeps its view while the registry is away")
    func client() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await RegistryFixture.with { fixture in
            let discovery = try Discovery.make(
                registryURL: fixture.endpoint.description, client: fixture.client, logger: logger)
            let view = discovery.resolver.view(of: "users")
            let mine = instance("users", "host:1", metadata: ["zone": "ä"])
            let registrar = try #require(discovery.registrar)
            registrar.register(mine, ttl: .seconds(10))
            #expect(try await view.first { !$0.instances.isEmpty }.instances == [mine])
            #expect(registrar.registration(of: "users", id: "host:1") == .registered)
            await registrar.deregister("users", id: "host:1")
            _ = try await view.first { $0.status == .resolved && $0.instances.isEmpty }
            await discovery.shutdown()
        }
    }

    @Test("an address where nobody listens is unreachable, not empty")
    func nobody() async throws {
        try await RegistryFixture.with { fixture in
            let nobody = HTTPRegistryConnection(
                endpoint: Origin(host: "127.0.0.1", port: 1), client: fixture.client)
            await #expect { try await nobody.list("users", after: 0, wait: .zero) } throws: {
                ($0 as? DiscoveryError)?.code == .unreachable
            }
        }
    }
}
