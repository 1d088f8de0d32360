// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusTesting
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import ApusGateway

@Suite("What the gateway makes of failing services")
struct FailureTests {
    private func problem(
        _ yaml: String, _ method: HTTPMethod = .get
    ) async throws -> (response: HTTPResponse, code: String, stage: String, attempts: Int) {
        var result: (HTTPResponse, String, String, Int)?
        try await withGateway { _ in
            yaml
        } _: { (gateway, _) async throws in
            let response = try await gateway.send(method, "/")
            let problem = try await gateway.problem(response)
            #expect(problem["service"] as? String == "users")
            #expect((problem["requestId"] as? String)?.isEmpty == false)
            result = (
                response, problem["code"] as? String ?? "", problem["stage"] as? String ?? "",
                problem["attempts"] as? Int ?? -1
            )
        }
        let (response, code, stage, attempts) = try #require(result)
        return (response, code, stage, attempts)
    }

    @Test("an instance that can't be reached is 502 at the stage connect, after each was tried once")
    func unreachable() async throws {
        let result = try await problem(oneService([try deadURL(), try deadURL()]))
        #expect(result.response.status == 502 && result.code == "connect_failed")
        #expect(result.stage == "connect" && result.attempts == 2)
    }

    @Test("a service without instances is 503 with Retry-After")
    func nobody() async throws {
        let yaml = oneService(
            ["http://127.0.0.1:1"], service: "healthCheck: { path: /, unhealthyAfter: 1, interval: 50ms }")
        try await withGateway { _ in
            yaml
        } _: { (gateway, _) async throws in
            let response = try #require(
                try await eventuallyGet { () -> HTTPResponse? in
                    let response = try await gateway.send(.get, "/")
                    return response.status == 503 ? response : nil
                })
            #expect(response.headers[.retryAfter] == "1")
            #expect(try await gateway.problem(response)["code"] as? String == "no_instance")
        }
    }

    @Test("an unreachable instance is passed over: another one gets the request, and the next ones")
    func failover() async throws {
        let dead = try deadURL()
        try await withGateway(servers: [Responding.echo]) {
            oneService([dead, "\($0[0])"])
        } _: { (gateway, _) async throws in
            for _ in 0..<20 {
                #expect(try await gateway.send(.post, "/", body: HTTPBody("x")).status == .ok)
            }
            let instances = gateway.gateway.box.current.services[0].instances
            #expect(instances[0].failures.load(ordering: .relaxed) == 1)
            #expect(instances[0].requests.load(ordering: .relaxed) == 1)
        }
    }

    @Test(
        "what isn't a response is 502",
        arguments: [
            ("", "connection_lost"), ("HTTP/1.1 200 OK\r\nContent-Le", "connection_lost"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "invalid_response"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "invalid_response"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "connection_lost"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", "invalid_response"),
        ])
    func garbage(answer: String, code: String) async throws {
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            socket.send(answer)
        }
        let result = try await problem(oneService([server.url]), .post)
        #expect(result.response.status == 502 && result.code == code && result.stage == "response")
        #expect(server.connections == 1)
    }

    @Test(
        "a response that breaks off within its body never looks complete",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ])
    func breaksOff(answer: String) async throws {
        let gate = DispatchSemaphore(value: 0)
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            socket.send(answer)
            gate.wait()
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let text = try await blocking {
                let socket = try RawSocket(port: port)
                socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let first = socket.receive { $0.contains("hello") }
                gate.signal()
                return first + socket.receive()
            }
            gate.signal()
            #expect(text.contains("200 OK") && text.hasSuffix("hello\r\n") || text.hasSuffix("hello"))
        }
    }

    @Test("a service that doesn't answer in time is 504, and its connection is closed")
    func slow() async throws {
        let ended = Shared(false)
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            _ = socket.receive()
            ended.value = true
        }
        let result = try await problem(oneService([server.url], route: "timeout: 100ms"))
        #expect(result.response.status == 504 && result.code == "deadline_exceeded" && result.stage == "response")
        try await eventually("what the test waits for") { ended.value }
    }

    @Test("when the client goes away, the exchange with the service is cancelled")
    func clientGone() async throws {
        let state = Shared("")
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            state.value = "asked"
            _ = socket.receive()
            state.value = "closed"
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let socket = try RawSocket(port: port)
            socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("what the test waits for") { state.value == "asked" }
            socket.close()
            try await eventually("what the test waits for") { state.value == "closed" }
            try await eventually("what the test waits for") {
                gateway.logLines.first?.contains("\"status\":0") ?? false
            }
        }
    }

    @Test("a pooled connection that the service has closed is no error for a request that may be repeated")
    func stale() async throws {
        let server = try RawServer { socket, number in
            _ = socket.receiveHead()
            socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            // Closes when the next request is there, without an answer.
            _ = socket.receiveHead()
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            #expect(try await gateway.send(.get, "/").text() == "1")
            #expect(try await gateway.send(.get, "/").text() == "2")
            #expect(try await gateway.send(.put, "/", body: HTTPBody("x")).text() == "3")
            #expect(try await gateway.send(.post, "/", body: HTTPBody("x")).status == 502)
        }
    }

    @Test("a request that may be sent twice goes to another instance when the first breaks off; another one doesn't")
    func brokenOff() async throws {
        let dying = try RawServer { socket, _ in _ = socket.receiveHead() }
        try await withGateway(servers: [Responding.echo]) {
            oneService([dying.url, "\($0[0])"])
        } _: { (gateway, _) async throws in
            for _ in 0..<4 { #expect(try await gateway.send(.get, "/").status == .ok) }
            #expect((1...4).contains(dying.connections))
            var statuses: Set<Int> = []
            for _ in 0..<4 { statuses.insert(try await gateway.send(.post, "/").status.code) }
            #expect(statuses == [200, 502])
        }
    }

    @Test("the breaker opens on failures, answers 503 at once, and lets probes through later")
    func breaker() async throws {
        let healthy = Shared(false)
        let upstream = Responding { _ in
            HTTPResponse(status: healthy.value ? 200 : 500, headers: [:], body: .empty)
        }
        let breaker = "breaker: { failureRate: 0.5, minimumRequests: 4, openFor: 100ms, probes: 1 }"
        try await withGateway(servers: [upstream]) {
            oneService(["\($0[0])"], service: breaker)
        } _: { (gateway, _) async throws in
            for _ in 0..<4 { #expect(try await gateway.send(.get, "/").status == 500) }
            let rejected = try await gateway.send(.get, "/")
            #expect(rejected.status == 503 && rejected.headers[.retryAfter] == "1")
            let problem = try await gateway.problem(rejected)
            #expect(problem["code"] as? String == "breaker_open" && problem["stage"] as? String == "admission")
            healthy.value = true
            try await eventually("the service is used again") { try await gateway.send(.get, "/").status == 200 }
        }
    }

    @Test("killing one of two instances under load fails no request but those in flight there")
    func kill() async throws {
        let answer = Responding { _ in HTTPResponse(status: .ok, headers: [:], body: HTTPBody("ok")) }
        try await withGateway(servers: [answer, answer]) {
            oneService($0.map(\.description))
        } _: { (gateway, servers) async throws in
            let failures = Shared(0)
            let done = Shared(0)
            let killed = Shared(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        while done.value < 2_000 {
                            if try await gateway.send(.get, "/").status != .ok {
                                failures.update { $0 += 1 }
                            }
                            done.update { $0 += 1 }
                        }
                    }
                }
                group.addTask {
                    try await eventually("some requests") { done.value > 500 }
                    await servers[0].server.drain(within: .zero)
                    killed.value = true
                }
                try await group.waitForAll()
            }
            #expect(killed.value)
            // Those in flight when it died, on eight connections at most.
            #expect(failures.value <= 8)
        }
    }
}

/// The first value that isn't nil, within ten seconds.
func eventuallyGet<Value>(_ get: () async throws -> Value?) async throws -> Value? {
    var found: Value?
    try await eventually("an answer") {
        found = try await get()
        return found != nil
    }
    return found
}
