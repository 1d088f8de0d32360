// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusHTTP
import ApusResilience
import ApusYAML
import Foundation
import Testing

@testable import ApusGateway

@Suite("What a gateway file says")
struct GatewayFileTests {
    private func read(_ name: String) throws -> GatewayFile {
        let url = GatewayFileGoldenTests.folder.appendingPathComponent(name)
        return GatewayFile(try String(contentsOf: url, encoding: .utf8), name: "/etc/apus/\(name)")
    }

    @Test("the least file has every default")
    func least() throws {
        let configuration = try read("least.yaml").valid()
        #expect(configuration.listeners == [ListenerConfiguration(address: .tcp(host: "127.0.0.1", port: 8080))])
        #expect(configuration.admin == .tcp(host: "127.0.0.1", port: 9901))
        #expect(configuration.accessLog == nil)
        #expect(configuration.limits == LimitsConfiguration())
        #expect(configuration.drainTimeout == .seconds(10))
        let service = try #require(configuration.services.first)
        #expect(service.connectTimeout == .seconds(2) && service.healthCheck == nil && service.breaker == nil)
        #expect(service.balancing == InstanceBalancing() && service.balancing.policy.policy == .roundRobin)
        #expect(service.outliers == nil && service.maxRequests == nil && service.adaptive == nil)
        #expect(service.retryBudget == RetryBudgetConfiguration())
        #expect(configuration.limits.shedding?.targetDelay == .milliseconds(20))
        let route = try #require(configuration.routes.first)
        #expect(route.name == "/v1/users/**" && route.timeout == .seconds(30) && route.attempts == 3)
        #expect(route.match.path.isPrefix && route.match.path.segments == [.literal("v1"), .literal("users")])
    }

    @Test("a full file is read as it is written, relative paths from its folder")
    func everything() throws {
        let configuration = try read("everything.yaml").valid()
        #expect(configuration.listeners[1].tls?.certificate == "/etc/apus/cert.pem")
        #expect(configuration.listeners[1].tls?.key == "/etc/apus/key.pem")
        #expect(configuration.accessLog == .file(path: "/etc/apus/access.log"))
        #expect(configuration.auth?.keys.map(\.algorithm) == ["ES256", "HS256"])
        #expect(configuration.auth?.keys[1].material == .environment("OLD_SECRET"))
        #expect(configuration.limits.bodyBytes == 10_000_000 && configuration.limits.headerBytes == 16384)
        #expect(configuration.services[1].source == .discover("orders"))
        #expect(configuration.services[1].breaker == CircuitBreakerConfiguration())
        let route = configuration.routes[0]
        #expect(route.idleTimeout == nil && route.timeout == .seconds(2))
        #expect(route.rateLimits.map(\.burst) == [20] && route.rateLimits.map(\.by) == [.subject])
        #expect(route.match.hosts.map(\.description) == ["api.example.com", "*.example.org"])
        #expect(configuration.routes[1].name == "GET /v1/orders/{id}" && configuration.routes[1].timeout == nil)
        #expect(configuration.routes[2].rateLimits.map(\.rate) == [RateConfiguration(requests: 30, per: .seconds(60))])
    }

    @Test("what a full file says of failing services and too much load")
    func resilience() throws {
        let configuration = try read("everything.yaml").valid()
        let users = configuration.services[0]
        #expect(
            users.source
                == .endpoints([
                    EndpointConfiguration(try #require(Origin(url: "http://127.0.0.1:9001"))),
                    EndpointConfiguration(try #require(Origin(url: "http://[::1]:9002")), weight: 2, zone: "a"),
                    EndpointConfiguration(Origin(unixPath: "/run/users.sock")),
                ]))
        let policy = users.balancing.policy
        #expect(policy.policy == .leastRequests && policy.choices == 3 && policy.eligibility.panicThreshold == 0.5)
        #expect(
            policy.eligibility.slowStart?.window == .seconds(10) && policy.eligibility.subset?.client == "gateway-1")
        #expect(policy.eligibility.locality?.zone == "a" && policy.validate().isEmpty)
        let outliers = try #require(users.outliers)
        #expect(outliers.consecutiveFailures == 0 && outliers.maximumEjection == .seconds(60))
        #expect(outliers.successRate?.deviations == 2.5 && outliers.validate().isEmpty)
        let breaker = try #require(users.breaker)
        #expect(breaker.tripsOnRetryAfter && breaker.openDurationFactor == 1.5 && breaker.validate().isEmpty)
        #expect(users.retryBudget?.ratio == 0.1 && users.maxRequests == 200 && users.adaptive?.initialLimit == 30)
        let orders = configuration.services[1]
        #expect(orders.balancing.hashBy == .cookie("shop") && orders.balancing.setsCookie)
        #expect(orders.balancing.policy.validate().isEmpty && orders.retryBudget == nil)
        #expect(configuration.routes[0].priority == .critical && configuration.routes[0].cost == 2)
        let route = configuration.routes[1]
        #expect(route.breaker?.window == .count(100) && route.rateLimits.map(\.by) == [.client, .route])
        #expect(route.attempts == 4 && route.retry.policy.failures.statuses == [502, 503])
        #expect(
            route.retry.policy.backoff
                == Backoff(base: .milliseconds(50), maximum: .seconds(1), factor: 3, jitter: .equal))
        #expect(configuration.limits.shedding?.targetDelay == .milliseconds(50))
    }

    @Test("every key is described in the document")
    func documented() throws {
        let document = GatewayFileGoldenTests.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/gateway-file.md")
        let text = try String(contentsOf: document, encoding: .utf8)
        var section = ""
        var described: Set<String> = []
        for line in text.split(separator: "\n") {
            // What follows is not about keys.
            if line.hasPrefix("# "), !described.isEmpty { break }
            if line.hasPrefix("## ") {
                let title = line.split(separator: "`")
                section = title.count > 1 ? String(title[1]) : ""
            } else if line.hasPrefix("| `"), let key = line.split(separator: "`").dropFirst().first {
                described.insert(section.isEmpty ? String(key) : "\(section).\(key)")
            }
        }
        let keys = try read("everything.yaml").keys
        #expect(keys.count > 50)
        let missing = keys.subtracting(described).filter { !$0.hasSuffix("*") }
        #expect(missing.isEmpty, "not in docs/gateway-file.md: \(missing.sorted())")
        let stale = described.subtracting(keys)
        #expect(stale.isEmpty, "in docs/gateway-file.md, but not in the decoder: \(stale.sorted())")
    }

    @Test("a file that isn't there is named, with what to do")
    func missing() {
        #expect {
            try GatewayFile.read(path: "/nowhere/gateway.yaml")
        } throws: {
            let text = "\($0)"
            return text.hasPrefix("/nowhere/gateway.yaml:1:1: ") && text.contains("looked for /nowhere/gateway.yaml")
                && text.contains("--config")
        }
    }

    @Test(
        "durations have units",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("1.5s", .milliseconds(1500)), ("5m", .seconds(300)),
            ("1h", .seconds(3600)), ("30", nil), ("s", nil), ("-1s", nil), ("1e3s", nil), ("1 s", nil),
        ])
    func durations(text: String, expected: Duration?) {
        #expect(UnitText.duration(text) == expected)
    }

    @Test("ranges hold the addresses in them and no others")
    func ranges() throws {
        let ten = try #require(AddressRange("10.0.0.0/8"))
        #expect(ten.contains("10.255.0.1") && ten.contains("::ffff:10.1.2.3"))
        #expect(!ten.contains("11.0.0.1") && !ten.contains("::a00:1") && !ten.contains("") && !ten.contains("x"))
        let six = try #require(AddressRange("fd00::/8"))
        #expect(six.contains("fd12::1") && !six.contains("fe80::1") && !six.contains("10.0.0.1"))
        let all = try #require(AddressRange("0.0.0.0/0"))
        #expect(all.contains("8.8.8.8") && !all.contains("2001:db8::1"))
        #expect(AddressRange("10.0.0.1/8") == nil && AddressRange("10.0.0.0/") == nil)
    }
}
