// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusTesting
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ApusGateway

@Suite("Which requests are sent again")
struct RetryTests {
    /// Answers with a status for the first so many requests, and with 200 then.
    private func failing(_ count: Int, _ status: HTTPStatus = 503, _ headers: Headers = [:]) -> Responding {
        let asked = Shared(0)
        return Responding { request in
            do { _ = try await request.body.collect(upTo: 4 << 20) } catch {
                return HTTPResponse(status: .badRequest, headers: [:], body: .empty)
            }
            asked.update { $0 += 1 }
            guard asked.value <= count else { return HTTPResponse(status: .ok, headers: [:], body: HTTPBody("good")) }
            return HTTPResponse(status: status, headers: headers, body: HTTPBody("bad"))
        }
    }

    private func retries(_ gateway: TestGateway, _ name: String, _ reason: String) -> Int {
        let text = String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
        let line = text.split(separator: "\n").first {
            $0.hasPrefix("apus_gateway_\(name)_total{") && $0.contains("reason=\"\(reason)\"")
        }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    @Test("an answer that says the instance can't is given up for another instance's")
    func statuses() async throws {
        try await withGateway(servers: [failing(.max), failing(0)]) {
            oneService($0.map(\.description), route: "retry: { backoff: { base: 1ms, max: 1ms } }")
        } _: { (gateway, servers) async throws in
            for _ in 0..<6 {
                let response = try await gateway.send(.get, "/")
                #expect(response.status == 200)
                #expect(try await response.text() == "good")
            }
            let tried = retries(gateway, "retries", "status")
            #expect((1...6).contains(tried))
            // What was given up was read to its end: its connection was used again.
            #expect(servers[0].connections == 1)
            let instance = gateway.gateway.box.current.services[0].instances[0]
            #expect(instance.failures.load(ordering: .relaxed) == UInt64(tried))
            #expect(instance.candidate.inFlight == 0)
        }
    }

    @Test("with one instance it is the same that is asked again, after a pause")
    func sameInstance() async throws {
        try await withGateway(servers: [failing(2)]) {
            oneService(["\($0[0])"], route: "retry: { attempts: 3, backoff: { base: 1ms, max: 5ms } }")
        } _: { (gateway, _) async throws in
            #expect(try await gateway.send(.get, "/").text() == "good")
            #expect(gateway.logLines.last?.contains("\"attempts\":3") == true)
        }
    }

    @Test("when the attempts are used up, the last answer is passed on")
    func exhausted() async throws {
        try await withGateway(servers: [failing(.max)]) {
            oneService(["\($0[0])"], route: "retry: { attempts: 3, backoff: { base: 1ms, max: 1ms } }")
        } _: { (gateway, _) async throws in
            let response = try await gateway.send(.get, "/")
            #expect(response.status == 503)
            #expect(try await response.text() == "bad")
            #expect(retries(gateway, "retries", "status") == 2)
            #expect(retries(gateway, "retries_given_up", "attempts_exhausted") == 1)
        }
    }

    @Test("statuses are answered only where the route says so")
    func onlyIfAsked() async throws {
        for route in ["", "attempts: 3", "retry: { statuses: [500, 504] }"] {
            try await withGateway(servers: [failing(.max), failing(.max)]) {
                oneService($0.map(\.description), route: route)
            } _: { (gateway, _) async throws in
                #expect(try await gateway.send(.get, "/").status == 503)
                #expect(retries(gateway, "retries", "status") == 0)
            }
        }
    }

    @Test("a request that mustn't be repeated isn't: a POST without a key, a body that streams")
    func unrepeatable() async throws {
        try await withGateway(servers: [failing(.max), failing(0)]) {
            oneService($0.map(\.description), route: "retry: { backoff: { base: 1ms, max: 1ms } }")
        } _: { (gateway, _) async throws in
            var posts: Set<Int> = []
            var keyed: Set<Int> = []
            var streamed: Set<Int> = []
            let large = HTTPBody(String(repeating: "x", count: 1 << 20))
            // Each in turn: without retries both instances get their share.
            for _ in 0..<4 {
                posts.insert(try await gateway.send(.post, "/", body: HTTPBody("x")).status.code)
            }
            for _ in 0..<4 { streamed.insert(try await gateway.send(.put, "/", body: large).status.code) }
            for number in 0..<4 {
                let key: Headers = [.idempotencyKey: "\(number)"]
                keyed.insert(try await gateway.send(.post, "/", headers: key, body: HTTPBody("x")).status.code)
            }
            #expect(posts == [200, 503])
            #expect(streamed == [200, 503])
            #expect(keyed == [200])
        }
    }

    @Test("no attempt is made that can't begin before the deadline, or for whose turn one would wait too long")
    func tooLate() async throws {
        for (route, reason) in [
            ("timeout: 1s\nretry: {}", "no_time_left"),
            ("retry: { maxRetryAfter: 1s }", "retry_after_too_long"),
        ] {
            try await withGateway(servers: [failing(1, 503, [.retryAfter: "5"])]) {
                oneService(["\($0[0])"], route: route)
            } _: { (gateway, _) async throws in
                let response = try await gateway.send(.get, "/")
                #expect(response.status == 503 && response.headers[.retryAfter] == "5")
                #expect(retries(gateway, "retries_given_up", reason) == 1)
            }
        }
    }

    @Test("429 is tried again if it says when; nothing else of the client's errors is")
    func tooMany() async throws {
        for (status, headers, tried) in [
            (429, [.retryAfter: "0"], 1), (429, [:], 0), (404, [.retryAfter: "0"], 0),
        ] as [(HTTPStatus, Headers, Int)] {
            try await withGateway(servers: [failing(1, status, headers)]) {
                oneService(["\($0[0])"], route: "retry: { backoff: { base: 1ms, max: 1ms } }")
            } _: { (gateway, _) async throws in
                #expect(try await gateway.send(.get, "/").status == (tried == 1 ? 200 : status))
                #expect(retries(gateway, "retries", "status") == tried)
            }
        }
    }

    @Test("an attempt that takes too long is given up for another, within the time of the whole")
    func attemptTimeout() async throws {
        let stuck = try RawServer { socket, _ in
            _ = socket.receiveHead()
            _ = socket.receive()
        }
        try await withGateway(servers: [failing(0)]) {
            oneService(
                [stuck.url, "\($0[0])"],
                route: "timeout: 5s\nretry: { attemptTimeout: 50ms, backoff: { base: 1ms, max: 1ms } }")
        } _: { (gateway, _) async throws in
            for _ in 0..<4 { #expect(try await gateway.send(.get, "/").text() == "good") }
            #expect((1...4).contains(retries(gateway, "retries", "attempt_timeout")))
        }
    }

    @Test("the budget of the service bounds the retries of all its routes")
    func budget() async throws {
        try await withGateway(servers: [failing(.max)]) {
            oneService(
                ["\($0[0])"], service: "retryBudget: { ratio: 0, minPerSecond: 1, window: 3s }",
                route: "retry: { backoff: { base: 1ms, max: 1ms } }")
        } _: { (gateway, _) async throws in
            for _ in 0..<10 { #expect(try await gateway.send(.get, "/").status == 503) }
            // Three in a window of three seconds; the test may take more than one.
            let tried = retries(gateway, "retries", "status")
            #expect((3...9).contains(tried))
            #expect(retries(gateway, "retries_given_up", "budget_exhausted") >= 4)
        }
    }

    @Test("a client that goes away during the pause gets no further attempt")
    func cancelledInPause() async throws {
        try await withGateway(servers: [failing(.max)]) {
            oneService(["\($0[0])"], route: "retry: { backoff: { base: 5s, max: 5s, jitter: none } }")
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let socket = try RawSocket(port: port)
            socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("the pause") { retries(gateway, "retries", "status") == 1 }
            socket.close()
            try await eventually("the end") { gateway.logLines.first?.contains("\"status\":0") ?? false }
            let instance = gateway.gateway.box.current.services[0].instances[0]
            #expect(instance.requests.load(ordering: .relaxed) == 1 && instance.candidate.inFlight == 0)
        }
    }

    @Test("Retry-After is read as seconds or as a date")
    func header() throws {
        func read(_ text: String) -> Duration? {
            RetryAfterHeader.read([.retryAfter: text], now: .init(timeIntervalSince1970: 784_111_770))
        }
        #expect(read("7") == .seconds(7) && read("0") == .zero && read("999999999") == .seconds(86_400))
        #expect(read("Sun, 06 Nov 1994 08:49:37 GMT") == .seconds(7))
        #expect(read("Sun, 06 Nov 1994 08:49:00 GMT") == .zero)
        for text in ["", "-1", "soon", "1.5", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            #expect(read(text) == nil, "\(text)")
        }
        #expect(RetryAfterHeader.read([:]) == nil)
    }
}
