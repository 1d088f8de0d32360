// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTesting
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import ApusGateway

@Suite("A request's body on its way through the gateway")
struct RequestBodyTests {
    @Test("its trailers are passed on, without those that look like a field of the head")
    func trailers() async throws {
        let seen = Shared("")
        let server = try RawServer { socket, _ in
            seen.value = socket.receive { $0.hasSuffix("\r\n0\r\n\r\n") || $0.contains("\r\nX-Sum: 7\r\n") }
            socket.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let text = try await send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n"
                    + "5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 1.2.3.4\r\nX-Sum: 7\r\n"
                    + "Apus-Timeout-Ms: 1\r\n\r\n", to: gateway)
            #expect(text.hasPrefix("HTTP/1.1 204 "))
            #expect(seen.value.contains("\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n"))
            #expect(!seen.value.contains("Bearer") && !seen.value.contains("1.2.3.4"))
            #expect(!seen.value.contains("Apus-Timeout-Ms"))
        }
    }

    @Test("a client that stalls within it is told 408 and cut off, and the service isn't blamed")
    func stall() async throws {
        let ended = Shared(false)
        let server = try RawServer { socket, _ in
            _ = socket.receive()
            ended.value = true
        }
        try await withGateway(bodyTimeout: .milliseconds(300)) { _ in
            oneService([server.url], route: "timeout: 100ms")
        } _: { (gateway, _) async throws in
            for framing in ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"] {
                ended.value = false
                let text = try await send(
                    "POST / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-9\r\n\(framing)", to: gateway)
                #expect(text.hasPrefix("HTTP/1.1 408 ") && text.contains("\r\nConnection: close\r\n"), "\(text)")
                #expect(text.contains(#""code":"body_timeout","requestId":"r-9""#))
                try await eventually("the exchange with the service has ended") { ended.value }
            }
            let instance = gateway.gateway.box.current.services[0].instances[0]
            #expect(instance.failures.load(ordering: .relaxed) == 0)
            try await eventually("both are in the log") {
                gateway.logLines.filter { $0.contains(#""status":408"#) }.count == 2
            }
        }
    }

    @Test("a service that stops taking it is 504, even if the client would go on")
    func serviceStalls() async throws {
        let gate = DispatchSemaphore(value: 0)
        let server = try RawServer { _, _ in gate.wait() }
        defer { gate.signal() }
        try await withGateway { _ in
            oneService([server.url], route: "timeout: 200ms")
        } _: { (gateway, _) async throws in
            let response = try await gateway.send(
                .post, "/", body: HTTPBody(ByteBuffer(repeating: 65, count: 32 << 20)))
            #expect(response.status == 504)
        }
    }

    @Test("what the engine refuses is logged and counted under the id that the client was told")
    func refused() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            let text = try await send("GET / HTTP/1.1\r\nHost : a\r\n\r\n", to: gateway)
            #expect(text.hasPrefix("HTTP/1.1 400 "))
            try await eventually("it is in the log") { !gateway.logLines.isEmpty }
            let line = try #require(gateway.logLines.first)
            let id = try #require(text.firstMatch(of: /X-Request-Id: ([0-9a-f]{32})\r\n/)).output.1
            #expect(line.contains(#""request_id":"\#(id)""#) && line.contains(#""code":"malformed_request""#))
        }
    }

    private func send(_ request: String, to gateway: TestGateway) async throws -> String {
        let port = gateway.address.port
        return try await blocking {
            let socket = try RawSocket(port: port)
            socket.send(request)
            return socket.receive()
        }
    }
}
