// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import TestSupport
import Testing

@testable import ApusGateway

@Suite("How much time a request has")
struct DeadlineTests {
    /// The milliseconds that the instance was told.
    private func told(_ response: HTTPResponse) async throws -> Int? {
        let line = try await response.text().split(separator: "\n").first { $0.hasPrefix("apus-timeout-ms: ") }
        return line.flatMap { Int($0.dropFirst(17)) }
    }

    @Test("the instance is told what is left of the route's timeout, or of the client's if that is less")
    func remaining() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"], route: "timeout: 5s")
        } _: { (gateway, _) async throws in
            #expect((1...5_000).contains(try await told(gateway.send(.get, "/")) ?? -1))
            #expect((1...900).contains(try await told(gateway.send(.get, "/", headers: [.timeout: "900"])) ?? -1))
            let more = try await told(gateway.send(.get, "/", headers: [.timeout: "9999999999"]))
            #expect((901...5_000).contains(more ?? -1))
        }
    }

    @Test("without a timeout of the route, the instance is told what the client says, or nothing")
    func unbounded() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"], route: "timeout: off")
        } _: { (gateway, _) async throws in
            #expect(try await told(gateway.send(.get, "/")) == nil)
            #expect((1...900).contains(try await told(gateway.send(.get, "/", headers: [.timeout: "900"])) ?? -1))
        }
    }

    @Test("a body that streams in takes the client's time: the instance isn't told the route's timeout")
    func streaming() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"], route: "timeout: 5s")
        } _: { (gateway, _) async throws in
            let body = HTTPBody(String(repeating: "x", count: 1 << 20))
            #expect(try await told(gateway.send(.put, "/", body: body)) == nil)
            let hurried = try await told(gateway.send(.put, "/", headers: [.timeout: "4000"], body: body))
            #expect((1...4_000).contains(hurried ?? -1))
        }
    }

    @Test("a timeout that isn't a number is 400", arguments: ["", "soon", "-1", "1.5", "12345678901", "+5"])
    func malformed(text: String) async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"])
        } _: { (gateway, servers) async throws in
            let response = try await gateway.send(.get, "/", headers: [.timeout: text])
            #expect(response.status == 400)
            #expect(try await gateway.problem(response)["code"] as? String == "malformed_timeout")
            #expect(servers[0].connections == 0)
        }
    }

    @Test("a client that allows no time gets 504, and no instance is picked")
    func nothingLeft() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"])
        } _: { (gateway, servers) async throws in
            let response = try await gateway.send(.get, "/", headers: [.timeout: "0"])
            #expect(response.status == 504)
            let problem = try await gateway.problem(response)
            #expect(problem["code"] as? String == "deadline_exceeded" && problem["stage"] as? String == "admission")
            #expect(problem["attempts"] as? Int == 0)
            #expect(servers[0].connections == 0)
        }
    }

    @Test("the client's time ends the call, and says nothing of the instance")
    func callersDeadline() async throws {
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            _ = socket.receive()
        }
        let breaker = "breaker: { failureRate: 0.1, minimumRequests: 1, probes: 1 }"
        try await withGateway { _ in
            oneService([server.url], service: breaker)
        } _: { (gateway, _) async throws in
            for _ in 0..<8 {
                let response = try await gateway.send(.get, "/", headers: [.timeout: "20"])
                #expect(response.status == 504)
                #expect(try await gateway.problem(response)["stage"] as? String == "response")
            }
            let instance = gateway.gateway.box.current.services[0].instances[0]
            let snapshot = try #require(instance.breaker?.snapshot)
            #expect(snapshot.phase == .closed && snapshot.counters.failures == 0 && snapshot.counters.cancelled == 8)
        }
    }

    @Test("a response that is under way when the client's time is up breaks off")
    func withinResponse() async throws {
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            _ = socket.receive()
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let text = try await blocking {
                let socket = try RawSocket(port: port)
                socket.send("GET / HTTP/1.1\r\nHost: a\r\nApus-Timeout-Ms: 300\r\n\r\n")
                return socket.receive()
            }
            #expect(text.contains("200 OK") && text.hasSuffix("hello\r\n"))
        }
    }
}
