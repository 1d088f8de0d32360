// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTesting
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import ApusGateway

@Suite("What is too much for a service, a route or the gateway")
struct LimitTests {
    private func shed(_ gateway: TestGateway, _ priority: String, _ reason: String) -> Bool {
        String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
            .contains("apus_gateway_shed_total{priority=\"\(priority)\",reason=\"\(reason)\"} 1\n")
    }

    /// Has one request stay with the instance, and looks at what becomes of the next; then lets it go.
    private func whileOneIsThere(
        service: String, _ body: @escaping (TestGateway) async throws -> Void
    ) async throws {
        let gate = DispatchSemaphore(value: 0)
        let isThere = Shared(false)
        let server = try RawServer { socket, _ in
            while !socket.receiveHead().isEmpty {
                if !isThere.value {
                    // The head alone: a permit is held to the last byte.
                    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    isThere.value = true
                    gate.wait()
                    socket.send(String(repeating: "x", count: 100_000))
                } else {
                    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                }
            }
        }
        defer { gate.signal() }
        try await withGateway { _ in
            oneService([server.url], service: service, route: "priority: high")
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let socket = try RawSocket(port: port)
            socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("the first request is there") { isThere.value }
            try await body(gateway)
            gate.signal()
            let text = try await blocking { socket.receive { $0.hasSuffix("xxxx\r\n") || $0.utf8.count > 100_000 } }
            #expect(text.contains("200 OK"))
            try await eventually("there is room again") { try await gateway.send(.get, "/").status == 200 }
        }
    }

    @Test("one request more than maxRequests is 503 with the reason and when to return, until a last byte makes room")
    func maxRequests() async throws {
        try await whileOneIsThere(service: "maxRequests: 1") { gateway in
            let response = try await gateway.send(.get, "/")
            #expect(response.status == 503 && response.headers[.retryAfter] != nil)
            let problem = try await gateway.problem(response)
            #expect(problem["code"] as? String == "overloaded" && problem["attempts"] as? Int == 0)
            #expect(shed(gateway, "high", "max_requests"))
        }
    }

    @Test("one request more than the adaptive limit is 503, until a last byte makes room")
    func adaptive() async throws {
        try await whileOneIsThere(service: "adaptive: { min: 1, initial: 1, max: 1 }") { gateway in
            let response = try await gateway.send(.get, "/")
            #expect(response.status == 503 && response.headers[.retryAfter] != nil)
            #expect(shed(gateway, "high", "adaptive"))
        }
    }

    @Test("several limits are decided in one step: what one refuses isn't charged to the others")
    func combined() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(
                ["\($0[0])"], route: "rateLimits: [{ rate: 1/h, burst: 3, by: route }, { rate: 1/h, burst: 2 }]")
        } _: { (gateway, _) async throws in
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await gateway.send(.get, "/").status.code) }
            #expect(statuses == [200, 200, 429, 429])
            let limiter = try #require(gateway.gateway.box.current.routes[0].limiter)
            guard case .several(let combined, let subjects) = limiter else {
                Issue.record("not several limits")
                return
            }
            #expect(subjects == [.client, .route])
            #expect(combined.statistics.map(\.allowed) == [2, 2] && combined.statistics.map(\.limited) == [2, 0])
        }
    }

    @Test("a request of a route with a cost counts for so many")
    func cost() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"], route: "rateLimit: { rate: 1/h, burst: 5 }\ncost: 2")
        } _: { (gateway, _) async throws in
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await gateway.send(.get, "/").status.code) }
            #expect(statuses == [200, 200, 429])
        }
    }

    @Test("beyond the requests of an event loop the least important are refused first; the rest is served")
    func inFlight() async throws {
        let gate = DispatchSemaphore(value: 0)
        let arrived = Shared(0)
        let server = try RawServer { socket, _ in
            while case let head = socket.receiveHead(), !head.isEmpty {
                if head.hasPrefix("GET /stays") {
                    arrived.update { $0 += 1 }
                    gate.wait()
                }
                socket.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        try await withGateway { _ in
            """
            limits: { shedding: { maxInFlight: 10 } }
            services: { users: { endpoints: ["\(server.url)"] } }
            routes:
              - { match: { path: /sheddable }, to: users, priority: sheddable }
              - { match: { path: /normal }, to: users }
              - { match: { path: /critical }, to: users, priority: critical }
              - { match: { path: /stays }, to: users }
            """
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let sockets = try (0..<7).map { _ in try RawSocket(port: port) }
            for socket in sockets { socket.send("GET /stays HTTP/1.1\r\nHost: a\r\n\r\n") }
            try await eventually("seven are there") { arrived.value == 7 }
            let refused = try await gateway.send(.get, "/sheddable")
            #expect(refused.status == 503 && refused.headers[.retryAfter] != nil)
            let problem = try await gateway.problem(refused)
            #expect(problem["code"] as? String == "overloaded" && problem["stage"] as? String == "admission")
            #expect(shed(gateway, "sheddable", "in_flight"))
            #expect(try await gateway.send(.get, "/normal").status == 200)
            #expect(try await gateway.send(.get, "/critical").status == 200)
            for _ in sockets { gate.signal() }
            try await eventually("there is room") { try await gateway.send(.get, "/sheddable").status == 200 }
        }
    }

    @Test("an event loop that is late for long sheds, critical requests last, and stops when it is in time again")
    func lateLoop() async throws {
        let loops = EventLoops(count: 1)
        let loop = loops.all[0]
        var configuration = LoadShedderConfiguration()
        configuration.window = .milliseconds(50)
        let shedder = try LoopShedder(configuration, loop: loop)
        // Turns of 60 ms, one after the other: what comes in one has waited for half of the one before.
        let counts = Shared((sheddable: 0, critical: 0))
        for _ in 0..<60 {
            try await loop.eventLoop.submit {
                for index in 0..<20 {
                    let priority = index % 2 == 0 ? CallPriority.sheddable : .critical
                    if shedder.admit(priority, at: .now) == nil {
                        shedder.finish(at: .now)
                    } else if priority == .critical {
                        counts.update { $0.critical += 1 }
                    } else {
                        counts.update { $0.sheddable += 1 }
                    }
                }
                let end = Instant.now.advanced(by: .milliseconds(60))
                while Instant.now < end { sched_yield() }
            }.get()
            if counts.value.sheddable > 20 { break }
        }
        #expect(counts.value.sheddable > 20)
        #expect(counts.value.critical < counts.value.sheddable)
        try await eventually("nothing is shed any more") {
            try await loop.eventLoop.submit {
                guard shedder.admit(.sheddable, at: .now) == nil else { return false }
                shedder.finish(at: .now)
                return !shedder.statistics.isOverloaded
            }.get()
        }
        try await loops.shutdown()
    }

    @Test("shedding can be turned off")
    func off() async throws {
        try await withGateway(servers: [Responding.echo]) {
            "limits: { shedding: off }\n" + oneService(["\($0[0])"], route: "priority: sheddable")
        } _: { (gateway, _) async throws in
            #expect(try await gateway.send(.get, "/").status == 200)
        }
    }
}
