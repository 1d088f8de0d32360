// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import ApusHTTP

private let hello = Responding { request in
    HTTPResponse(
        status: 200, headers: ["Content-Type": "text/plain"],
        body: HTTPBody("\(request.head.method) \(request.head.target)"))
}

private let echo = Responding { request in
    do throws(CallFailure) {
        return HTTPResponse(status: 200, body: HTTPBody(try await request.body.collect(upTo: 1 << 24)))
    } catch {
        return HTTPResponse(status: ProtocolError(error)?.status ?? 299)
    }
}

/// What a raw client gets for `bytes`, until the server closes or `enough` holds.
private func answer(
    _ address: ServerAddress, _ bytes: String, until enough: @escaping @Sendable (String) -> Bool = { _ in false }
) async throws -> String {
    try await blocking {
        let socket = try RawSocket(port: address.port)
        socket.send(bytes)
        return socket.receive(until: enough)
    }
}

@Suite("The server")
struct ServerTests {
    @Test("answers pipelined requests in order, on one connection")
    func pipelining() async throws {
        try await withServer(hello) { server, address, _ in
            let requests = (0..<50).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            let last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let text = try await answer(address, requests + last)
            let order = text.components(separatedBy: "GET /").dropFirst().map { $0.prefix { $0 != "H" } }
            #expect(order.map(String.init) == (0..<50).map(String.init) + ["last"])
            #expect(server.statistics.acceptedConnections.load(ordering: .relaxed) == 1)
        }
    }

    @Test(
        "serves the valid unusual forms",
        arguments: [
            "\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET http://example.org/ HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n",
            "GET HTTP://example.org HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b;c=\"d\\\"e\"\r\nabc\r\n0\r\nX: y\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding:\tchunked \r\n\r\n0003\r\nabc\r\n000\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /?a=b?c HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
        ])
    func unusual(_ request: String) async throws {
        try await withServer(echo) { _, address, _ in
            let text = try await answer(address, request)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(text)")
            if request.contains("abc") { #expect(text.hasSuffix("\r\n\r\nabc")) }
        }
    }

    @Test("takes the host of a target in absolute form over the Host field")
    func absoluteForm() async throws {
        let authority = Responding {
            HTTPResponse(status: 200, body: HTTPBody("\($0.head.authority ?? "none") \($0.head.target)"))
        }
        try await withServer(authority) { _, address, _ in
            let text = try await answer(
                address, "GET http://example.org:81?q HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
            #expect(text.hasSuffix("example.org:81 /?q"))
        }
    }

    @Test("answers HEAD with the length and no body")
    func head() async throws {
        try await withServer(hello) { _, address, _ in
            let text = try await answer(address, "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(text.contains("Content-Length: 7\r\n"))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("keeps a connection of HTTP/1.0 only when asked to")
    func legacy() async throws {
        try await withServer(hello) { _, address, _ in
            let text1 = try await answer(address, "GET / HTTP/1.0\r\n\r\n")
            #expect(text1.contains("Connection: close\r\n"))
            let kept = try await answer(
                address, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n")
            #expect(kept.contains("Connection: keep-alive\r\n"))
            #expect(kept.hasSuffix("GET /2"))
        }
    }

    @Test("asks for the body of a client that expects 100 Continue, when the body is read")
    func expectContinue() async throws {
        try await withServer(echo) { _, address, _ in
            let text = try await blocking {
                let socket = try RawSocket(port: address.port)
                socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
                let interim = socket.receive { $0.hasSuffix("\r\n\r\n") }
                socket.send("hello")
                return interim + socket.receive { $0.hasSuffix("hello") }
            }
            #expect(text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("streams a chunked response, and ends it early when the producer fails")
    func streaming() async throws {
        struct Broken: Error {}
        let streaming = Responding { request in
            HTTPResponse(
                status: 200,
                body: HTTPBody { writer in
                    try await writer.write("one")
                    try await writer.write("two")
                    if request.head.target == "/broken" { throw Broken() }
                })
        }
        try await withServer(streaming) { _, address, client in
            let text = try await answer(address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(
                text.hasSuffix(
                    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"))
            let response = try await client.send(HTTPRequest(.get, "/broken"), to: address.endpoint)
            await #expect(throws: CallFailure.self) { try await response.body.collect(upTo: 100) }
        }
    }

    @Test(
        "refuses what passes a limit with the status for it",
        arguments: [
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 70_000))\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 100) + "\r\n", 431),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: "64\r\n\(String(repeating: "a", count: 100))\r\n", count: 11), 413
            ),
        ])
    func limits(_ request: String, _ status: Int) async throws {
        try await withServer(configure: { $0.maximumBodyBytes = 1000 }, echo) { _, address, _ in
            let text = try await answer(address, request)
            #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text.prefix(100))")
            #expect(text.contains("Connection: close\r\n"))
        }
    }

    @Test("refuses a connection too many with 503")
    func connections() async throws {
        try await withServer(configure: { $0.maximumConnections = 2 }, hello) { server, address, _ in
            let sockets = try (0..<2).map { _ in try RawSocket(port: address.port) }
            #expect(await eventually { server.statistics.openConnections.load(ordering: .relaxed) == 2 })
            let text = try await answer(address, "")
            #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains("Retry-After: 1\r\n"))
            withExtendedLifetime(sockets) {}
        }
    }

    @Test("cuts off a head that drips, a body that drips, and an idle connection")
    func slowClients() async throws {
        func configure(_ configuration: inout HTTPServerConfiguration) {
            configuration.headTimeout = .milliseconds(120)
            configuration.bodyTimeout = .milliseconds(120)
            configuration.idleTimeout = .milliseconds(120)
        }
        try await withServer(configure: configure, echo) { _, address, _ in
            func drip(_ first: String) async throws -> String {
                try await blocking {
                    let socket = try RawSocket(port: address.port)
                    socket.send(first)
                    let dripping = Thread {
                        for _ in 0..<50 {
                            usleep(20_000)
                            socket.send("a")
                        }
                    }
                    dripping.start()
                    return socket.receive()
                }
            }
            let text2 = try await drip("GET / HT")
            #expect(text2.hasPrefix("HTTP/1.1 408 "))
            let text3 = try await drip("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            #expect(text3.hasPrefix("HTTP/1.1 408 "))
            let text4 = try await answer(address, "")
            #expect(text4.isEmpty)
        }
    }

    @Test("says 408 when a body is shorter than announced and the client waits")
    func shortBody() async throws {
        try await withServer(configure: { $0.bodyTimeout = .milliseconds(100) }, echo) { _, address, _ in
            let text = try await answer(address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            #expect(text.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("cancels the handler's task within 10 ms after the client went away")
    func clientGone() async throws {
        let started = Mutex(false)
        let cancelledAt = Mutex<Instant?>(nil)
        let waiting = Responding { _ in
            started.withLock { $0 = true }
            await withTaskCancellationHandler {
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
            } onCancel: {
                cancelledAt.withLock { $0 = .now }
            }
            return HTTPResponse(status: 200)
        }
        try await withServer(waiting) { _, address, _ in
            // The best of a few: on a busy machine the test itself may wait longer for a CPU than the server took.
            var best = Duration.seconds(60)
            for _ in 0..<10 where best >= .milliseconds(10) {
                started.withLock { $0 = false }
                cancelledAt.withLock { $0 = nil }
                let socket = try RawSocket(port: address.port)
                socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await eventually { started.withLock { $0 } })
                let closed = Instant.now
                socket.close()
                #expect(await eventually { cancelledAt.withLock { $0 } != nil })
                best = min(best, closed.duration(to: try #require(cancelledAt.withLock { $0 })))
            }
            #expect(best < .milliseconds(10))
        }
    }

    @Test("drains: answers what is under way with Connection: close, closes idle connections, refuses new ones")
    func drain() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let waiting = Responding { _ in
            for await _ in gate { break }
            return HTTPResponse(status: 200, body: HTTPBody("done"))
        }
        try await withServer(waiting) { server, address, _ in
            let idle = try RawSocket(port: address.port)
            async let busy = answer(address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { server.statistics.requests.load(ordering: .relaxed) == 1 })
            async let drained: Void = server.drain(within: .seconds(5))
            let nothing = try await blocking { idle.receive() }
            #expect(nothing.isEmpty)
            let refused = await eventually { (try? RawSocket(port: address.port)) == nil }
            #expect(refused)
            open.yield()
            let text = try await busy
            #expect(text.hasSuffix("done") && text.contains("Connection: close\r\n"))
            await drained
        }
    }

    @Test("answers the first request of a connection that was made just before the drain")
    func drainBeforeFirstRequest() async throws {
        try await withServer(hello) { server, address, _ in
            let socket = try RawSocket(port: address.port)
            #expect(await eventually { server.statistics.openConnections.load(ordering: .relaxed) == 1 })
            async let drained: Void = server.drain(within: .seconds(5))
            #expect(await eventually { (try? RawSocket(port: address.port)) == nil })
            let text = try await blocking {
                socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return socket.receive()
            }
            #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("Connection: close\r\n"))
            await drained
        }
    }

    @Test("ends a drain after its time")
    func drainTimeout() async throws {
        let stuck = Responding { _ in
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
            return HTTPResponse(status: 200)
        }
        try await withServer(stuck) { server, address, _ in
            async let busy = answer(address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { server.statistics.requests.load(ordering: .relaxed) == 1 })
            await server.drain(within: .milliseconds(50))
            let text5 = try await busy
            #expect(text5.isEmpty)
            #expect(server.statistics.openConnections.load(ordering: .relaxed) == 0)
        }
    }

    @Test("names the address when it is taken")
    func addressInUse() async throws {
        try await withServer(hello) { _, address, _ in
            let loops = EventLoops(count: 1)
            let second = HTTPServer(
                configuration: .init(address: .tcp(host: "127.0.0.1", port: address.port)), loops: loops,
                responder: hello)
            let error = await #expect(throws: ServerStartError.self) { try await second.start() }
            #expect(error?.code == .addressInUse)
            #expect(error?.description.contains("127.0.0.1:\(address.port)") == true)
            try await loops.shutdown()
        }
    }

    @Test("listens on IPv6 and on a Unix domain socket")
    func otherAddresses() async throws {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "apus-\(UInt32.random(in: .min ... .max)).sock"
        ).path
        for bind in [BindAddress.tcp(host: "::1", port: 0), .unix(path: path)] {
            try await withServer(configure: { $0.address = bind }, hello) { _, address, client in
                let response = try await client.send(HTTPRequest(.get, "/x"), to: address.endpoint)
                #expect(response.body.buffered.map { String(buffer: $0) } == "GET /x")
            }
        }
    }
}
