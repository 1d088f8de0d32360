// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusTesting
import Synchronization
import TestSupport
import Testing

@testable import ApusGateway

@Suite("Instances that come, go, fall ill and recover")
struct InstanceTests {
    /// A registry of one service that the test changes.
    private struct Resolving: Resolver {
        let shared: ServiceView

        func view(of service: String) -> ServiceView { shared }
    }

    private func named(_ name: String) -> Responding {
        Responding { _ in HTTPResponse(status: .ok, headers: [:], body: HTTPBody(name)) }
    }

    @Test("discovered instances are used as they come and go; those that stay keep their state")
    func discovery() async throws {
        let view = ServiceView(service: "users")
        let yaml = """
            registry: http://127.0.0.1:1
            services: { users: { discover: users } }
            routes: [{ match: { path: /** }, to: users }]
            """
        view.update([])
        try await withGateway(servers: [named("a"), named("b")], resolver: Resolving(shared: view)) { _ in
            yaml
        } _: {
            (gateway, servers) async throws in
            #expect(try await gateway.send(.get, "/").status == 503)
            let instances = servers.enumerated().map { number, server in
                Instance(id: "\(number)", service: "users", endpoint: server.address.endpoint)
            }
            let service = gateway.gateway.box.current.services[0]
            view.update([instances[0]])
            try await eventually("what the test waits for") { service.instances.count == 1 }
            #expect(try await gateway.send(.get, "/").text() == "a")
            let first = try #require(service.instances.first)
            view.update(instances)
            try await eventually("what the test waits for") { service.instances.count == 2 }
            #expect(service.instances.contains { $0 === first })
            var seen: Set<String> = []
            for _ in 0..<4 { seen.insert(try await gateway.send(.get, "/").text()) }
            #expect(seen == ["a", "b"])
            view.update([instances[1]])
            try await eventually("what the test waits for") { service.instances.count == 1 }
            for _ in 0..<4 { #expect(try await gateway.send(.get, "/").text() == "b") }
        }
    }

    @Test("an unhealthy instance gets no requests until its checks are good again")
    func checks() async throws {
        let isIll = Shared(false)
        let patient = Responding { request in
            if request.head.path == "/readyz" {
                return HTTPResponse(
                    status: isIll.value ? 503 : 200, headers: [:], body: .empty)
            }
            return HTTPResponse(status: .ok, headers: [:], body: HTTPBody("patient"))
        }
        let check = "healthCheck: { path: /readyz, interval: 50ms, unhealthyAfter: 2, healthyAfter: 2 }"
        try await withGateway(servers: [patient, named("other")]) {
            oneService($0.map(\.description), service: check)
        } _: {
            (gateway, _) async throws in
            let instance = gateway.gateway.box.current.services[0].instances[0]
            try await eventually("what the test waits for") { instance.health.withLock { $0.checks > 0 } }
            isIll.value = true
            try await eventually("what the test waits for") { !instance.candidate.isUsable }
            for _ in 0..<4 { #expect(try await gateway.send(.get, "/").text() == "other") }
            #expect(instance.health.withLock { $0.lastFailure } == "answered 503 Service Unavailable")
            isIll.value = false
            try await eventually("the service is used again") { try await gateway.send(.get, "/").text() == "patient" }
        }
    }
}
