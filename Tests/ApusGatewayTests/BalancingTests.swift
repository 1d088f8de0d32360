// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusTesting
import TestSupport
import Testing

@testable import ApusGateway

@Suite("How requests are spread over instances")
struct BalancingTests {
    private func named(_ name: String, status: HTTPStatus = .ok) -> Responding {
        Responding { _ in HTTPResponse(status: status, headers: [:], body: HTTPBody(name)) }
    }

    /// How many of so many requests each instance got, by name.
    private func counts(
        _ gateway: TestGateway, _ number: Int, headers: Headers = [:]
    ) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for _ in 0..<number {
            counts[try await gateway.send(.get, "/", headers: headers).text(), default: 0] += 1
        }
        return counts
    }

    @Test(
        "every policy serves, and reaches every instance or the one that is hashed to",
        arguments: BalancingConfiguration.PolicyName.allCases)
    func policies(policy: BalancingConfiguration.PolicyName) async throws {
        try await withGateway(servers: [named("a"), named("b"), named("c")]) {
            oneService($0.map(\.description), service: "balancing: \(policy.rawValue)")
        } _: { (gateway, _) async throws in
            let counts = try await counts(gateway, 60)
            #expect(counts.values.reduce(0, +) == 60)
            switch policy {
            case .ringHash, .maglev: #expect(counts.count == 1)
            case .roundRobin: #expect(counts == ["a": 20, "b": 20, "c": 20])
            default: #expect(counts.count == 3)
            }
            let candidates = gateway.gateway.box.current.services[0].instances.map(\.candidate)
            #expect(candidates.map(\.inFlight) == [0, 0, 0])
        }
    }

    @Test("weights of the file share out the requests")
    func weights() async throws {
        try await withGateway(servers: [named("a"), named("b")]) {
            """
            services:
              users:
                endpoints: [{ url: "\($0[0])", weight: 3 }, "\($0[1])"]
                balancing: { policy: weighted-round-robin }
            routes: [{ match: { path: /** }, to: users }]
            """
        } _: { (gateway, _) async throws in
            // The policy is even but for a few at every moment.
            let counts = try await counts(gateway, 40)
            #expect((28...32).contains(counts["a"] ?? 0) && counts["a", default: 0] + counts["b", default: 0] == 40)
        }
    }

    @Test("requests with the same header go to the same instance, different ones to all")
    func header() async throws {
        try await withGateway(servers: [named("a"), named("b"), named("c")]) {
            oneService($0.map(\.description), service: "balancing: { policy: maglev, hashBy: header X-User }")
        } _: { (gateway, _) async throws in
            let header: HeaderName = "X-User"
            var seen: Set<String> = []
            for user in 0..<20 {
                let counts = try await counts(gateway, 3, headers: [header: "user \(user)"])
                #expect(counts.count == 1)
                seen.formUnion(counts.keys)
            }
            #expect(seen == ["a", "b", "c"])
        }
    }

    @Test("a client without the cookie is given one, and stays where it was")
    func cookie() async throws {
        try await withGateway(servers: [named("a"), named("b"), named("c")]) {
            oneService(
                $0.map(\.description),
                service: "balancing: { policy: ring-hash, hashBy: cookie shop, setCookie: true }")
        } _: { (gateway, _) async throws in
            var seen: Set<String> = []
            for _ in 0..<20 {
                let first = try await gateway.send(.get, "/")
                let set = try #require(first.headers[.setCookie])
                #expect(set.hasPrefix("shop=") && set.hasSuffix("; Path=/; HttpOnly; SameSite=Lax"))
                let name = try await first.text()
                seen.insert(name)
                let cookie = "theme=dark; \(set.prefix { $0 != ";" }); shopping=1"
                let next = try await gateway.send(.get, "/", headers: [.cookie: cookie])
                #expect(next.headers[.setCookie] == nil)
                #expect(try await next.text() == name)
            }
            #expect(seen == ["a", "b", "c"])
        }
    }

    @Test("without setCookie no client is given one")
    func noCookie() async throws {
        try await withGateway(servers: [named("a")]) {
            oneService($0.map(\.description), service: "balancing: { policy: ring-hash, hashBy: cookie shop }")
        } _: { (gateway, _) async throws in
            #expect(try await gateway.send(.get, "/").headers[.setCookie] == nil)
        }
    }

    @Test("a panic threshold uses instances whose checks fail, rather than none")
    func panic() async throws {
        let ill = Responding { request in
            HTTPResponse(status: request.head.path == "/readyz" ? 503 : 200, headers: [:], body: .empty)
        }
        let service = "healthCheck: { path: /readyz, unhealthyAfter: 1, interval: 50ms }\n"
        for (balancing, status) in [("", 503), ("balancing: { panicThreshold: 0.5 }", 200)] {
            try await withGateway(servers: [ill]) {
                oneService($0.map(\.description), service: service + balancing)
            } _: { (gateway, _) async throws in
                let instance = gateway.gateway.box.current.services[0].instances[0]
                try await eventually("the check has failed") { !instance.candidate.isUsable }
                #expect(try await gateway.send(.get, "/").status.code == status)
            }
        }
    }

    @Test("an instance that fails is ejected, returns when its time is over, and is counted")
    func ejection() async throws {
        let isIll = Shared(true)
        let ill = Responding { _ in
            HTTPResponse(status: isIll.value ? 500 : 200, headers: [:], body: HTTPBody("ill"))
        }
        try await withGateway(servers: [ill, named("well")]) {
            oneService(
                $0.map(\.description), service: "outliers: { consecutiveFailures: 3, ejectFor: 300ms, interval: 100ms }"
            )
        } _: { (gateway, _) async throws in
            let service = gateway.gateway.box.current.services[0]
            try await eventually("the ejection") {
                _ = try await gateway.send(.get, "/").status
                return service.instances[0].candidate.unusable == .ejected
            }
            #expect(RoutesDocument.json(gateway.gateway.box.current).contains("\"status\":\"ejected\""))
            let metrics = String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
            #expect(
                metrics.contains(
                    "apus_gateway_ejections_total{reason=\"consecutive_failures\",service=\"users\"} 1"))
            isIll.value = false
            try await eventually("its return") { try await gateway.send(.get, "/").text() == "ill" }
        }
    }

    @Test("the last instance is never ejected, and one that can't be reached doesn't count as another")
    func last() async throws {
        let dead = try deadURL()
        try await withGateway(servers: [named("ill", status: 503)]) {
            oneService(
                [dead, "\($0[0])"],
                service: "outliers: { consecutiveFailures: 2, ejectFor: 1h, maxEjected: 1 }\nfailTimeout: 1h")
        } _: { (gateway, _) async throws in
            for _ in 0..<20 { #expect(try await gateway.send(.get, "/").status == 503) }
            let candidates = gateway.gateway.box.current.services[0].instances.map(\.candidate)
            #expect(candidates.contains { $0.unusable == .unreachable })
            #expect(candidates.allSatisfy { !$0.unusable.contains(.ejected) })
        }
    }
}
