// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusTesting
import Foundation
import TestSupport
import Testing

@testable import ApusGateway

@Suite("The breakers of instances and routes")
struct BreakerTests {
    private func answering(_ status: HTTPStatus, _ headers: Headers = [:]) -> Responding {
        Responding { _ in HTTPResponse(status: status, headers: headers, body: .empty) }
    }

    private func statuses(_ gateway: TestGateway, _ count: Int) async throws -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<count { statuses.append(try await gateway.send(.get, "/").status.code) }
        return statuses
    }

    @Test("failures in a row open it; the trip is counted with its reason, and shown with its history")
    func consecutive() async throws {
        try await withGateway(servers: [answering(500)]) {
            oneService(
                ["\($0[0])"], service: "breaker: { consecutiveFailures: 3, failureRate: off, openFor: 1h }")
        } _: { (gateway, _) async throws in
            #expect(try await statuses(gateway, 5) == [500, 500, 500, 503, 503])
            let metrics = String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
            #expect(
                metrics.contains(
                    "apus_gateway_breaker_transitions_total{reason=\"consecutive_failures\",scope=\"instance\","
                        + "service=\"users\",to=\"open\"} 1"))
            #expect(metrics.contains(",scope=\"instance\",service=\"users\"} 2.0"))
            let shown = RoutesDocument.json(gateway.gateway.box.current)
            #expect(shown.contains("\"state\":\"open\"") && shown.contains("\"reason\":\"3 failures in a row\""))
            #expect(shown.contains("\"from\":\"closed\",\"to\":\"open\"") && shown.contains("\"rejected\":2"))
        }
    }

    @Test("a window of requests opens it however slowly they come")
    func countWindow() async throws {
        try await withGateway(servers: [answering(500)]) {
            oneService(
                ["\($0[0])"], service: "breaker: { consecutiveFailures: off, window: 4, failureRate: 1, openFor: 1h }")
        } _: { (gateway, _) async throws in
            #expect(try await statuses(gateway, 5) == [500, 500, 500, 500, 503])
        }
    }

    @Test("Retry-After opens it if it is told so, for as long as the instance asks")
    func retryAfter() async throws {
        try await withGateway(servers: [answering(503, [.retryAfter: "7"])]) {
            oneService(["\($0[0])"], service: "breaker: { openOnRetryAfter: true, openFor: 1s }")
        } _: { (gateway, _) async throws in
            #expect(try await statuses(gateway, 1) == [503])
            let rejected = try await gateway.send(.get, "/")
            #expect(rejected.status == 503 && ["6", "7"].contains(rejected.headers[.retryAfter]))
            #expect(try await gateway.problem(rejected)["code"] as? String == "breaker_open")
        }
    }

    @Test("slow responses open it, measured to their last byte")
    func slow() async throws {
        let server = try RawServer { socket, _ in
            while !socket.receiveHead().isEmpty {
                socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
                let end = Instant.now.advanced(by: .milliseconds(20))
                while Instant.now < end { sched_yield() }
                socket.send("k")
            }
        }
        try await withGateway { _ in
            oneService(
                [server.url],
                service: "breaker: { slowCallRate: 0.5, slowCallDuration: 10ms, minimumRequests: 2, openFor: 1h }")
        } _: { (gateway, _) async throws in
            #expect(try await statuses(gateway, 3) == [200, 200, 503])
        }
    }

    @Test("modes: forced open rejects everything, metrics only rejects nothing and tells")
    func modes() async throws {
        try await withGateway(servers: [answering(500)]) {
            oneService(["\($0[0])"], service: "breaker: { mode: forced-open }")
        } _: { (gateway, servers) async throws in
            #expect(try await statuses(gateway, 2) == [503, 503])
            #expect(servers[0].connections == 0)
        }
        try await withGateway(servers: [answering(500)]) {
            oneService(["\($0[0])"], service: "breaker: { mode: metrics-only, consecutiveFailures: 2 }")
        } _: { (gateway, _) async throws in
            #expect(try await statuses(gateway, 4) == [500, 500, 500, 500])
            let metrics = String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
            #expect(metrics.contains("service=\"users\",to=\"would_open\"} 1"))
        }
    }

    @Test("the breaker of a route opens for that route alone")
    func route() async throws {
        try await withGateway(servers: [answering(500)]) {
            """
            services: { users: { endpoints: ["\($0[0])"] } }
            routes:
              - { name: bad, match: { path: /bad }, to: users, breaker: { consecutiveFailures: 2, openFor: 1h } }
              - { match: { path: /** }, to: users }
            """
        } _: { (gateway, _) async throws in
            var bad: [Int] = []
            for _ in 0..<3 { bad.append(try await gateway.send(.get, "/bad").status.code) }
            #expect(bad == [500, 500, 503])
            #expect(try await statuses(gateway, 3) == [500, 500, 500])
            let metrics = String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
            #expect(metrics.contains("apus_gateway_breaker_state{name=\"bad\",scope=\"route\",service=\"users\"} 2.0"))
        }
    }

    @Test("a client that goes away gives the probe back")
    func probeGivenBack() async throws {
        let isAsked = Shared(0)
        let server = try RawServer { socket, number in
            while !socket.receiveHead().isEmpty {
                isAsked.update { $0 += 1 }
                if number == 1 {
                    socket.send("HTTP/1.1 500 E\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                }
                if number == 2 {
                    _ = socket.receive()
                    return
                }
                socket.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        try await withGateway { _ in
            oneService(
                [server.url], service: "breaker: { consecutiveFailures: 1, openFor: 50ms, probes: 1, probeTimeout: 1h }"
            )
        } _: { (gateway, _) async throws in
            #expect(try await statuses(gateway, 1) == [500])
            let breaker = try #require(gateway.gateway.box.current.services[0].instances[0].breaker)
            let port = gateway.address.port
            try await eventually("the probe is under way") {
                let rejected = breaker.snapshot.counters.rejected
                let socket = try RawSocket(port: port)
                socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                try await eventually("it is rejected or under way") {
                    isAsked.value == 2 || breaker.snapshot.counters.rejected > rejected
                }
                socket.close()
                return isAsked.value == 2
            }
            try await eventually("it closes by another probe") { try await statuses(gateway, 1) == [200] }
        }
    }
}
