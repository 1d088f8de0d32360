// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import ApusHTTP

/// A server that answers with exact bytes: each connection gets the next script, a list of answers to what it sends.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    let connections = Atomic<Int>(0)

    /// - Parameter script: Called for each connection, on a thread of its own, with its number and descriptor.
    init(_ script: @escaping @Sendable (Int, Int32) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EIO) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            var number = 0
            while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
                let this = number
                number += 1
                self?.connections.add(1, ordering: .relaxed)
                Thread.detachNewThread {
                    script(this, descriptor)
                    close(descriptor)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    static func readHead(_ descriptor: Int32) -> Bool {
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix("\r\n\r\n") {
            guard recv(descriptor, &byte, 1, 0) == 1 else { return false }
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return true
    }

    static func send(_ descriptor: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

private func withClient(
    _ configuration: HTTPClientConfiguration = .init(), _ body: (HTTPClient) async throws -> Void
) async throws {
    let loops = EventLoops(count: 1)
    let client = HTTPClient(configuration: configuration, loops: loops)
    do {
        try await body(client)
        await client.shutdown()
        try await loops.shutdown()
    } catch {
        await client.shutdown()
        try await loops.shutdown()
        throw error
    }
}

@Suite("The client")
struct ClientTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test("uses a connection again")
    func reuse() async throws {
        let server = try ScriptedServer { _, descriptor in
            while ScriptedServer.readHead(descriptor) { ScriptedServer.send(descriptor, Self.ok) }
        }
        try await withClient { client in
            for _ in 0..<20 {
                let response = try await client.send(
                    HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: server.port))
                #expect(response.body.buffered.map { String(buffer: $0) } == "ok")
            }
            #expect(server.connections.load(ordering: .relaxed) == 1)
        }
    }

    @Test("never shows the caller a pooled connection that the server closed while idle")
    func staleConnection() async throws {
        // Answers one request, then closes without saying so.
        let server = try ScriptedServer { _, descriptor in
            if ScriptedServer.readHead(descriptor) { ScriptedServer.send(descriptor, Self.ok) }
        }
        try await withClient { client in
            let endpoint = Origin(host: "127.0.0.1", port: server.port)
            for _ in 0..<200 {
                let response = try await client.send(HTTPRequest(.get, "/"), to: endpoint)
                #expect(response.status == .ok)
            }
        }
    }

    @Test("does not send a POST again when its connection was lost")
    func postIsNotRepeated() async throws {
        let requests = Mutex(0)
        let server = try ScriptedServer { _, descriptor in
            if ScriptedServer.readHead(descriptor) { ScriptedServer.send(descriptor, Self.ok) }
            if ScriptedServer.readHead(descriptor) { requests.withLock { $0 += 1 } }
        }
        try await withClient { client in
            let endpoint = Origin(host: "127.0.0.1", port: server.port)
            _ = try await client.send(HTTPRequest(.get, "/"), to: endpoint)
            let failure = await #expect(throws: CallFailure.self) {
                try await client.send(HTTPRequest(.post, "/", body: HTTPBody("x")), to: endpoint)
            }
            #expect(failure?.code == .connectionLost)
            #expect(failure?.mayHaveReachedPeer == true)
            #expect(requests.withLock { $0 } == 1)
            #expect(server.connections.load(ordering: .relaxed) == 1)
        }
    }

    @Test("reports a refused connection as one that reached nobody")
    func refused() async throws {
        let port = try { () throws -> Int in
            let server = try ScriptedServer { _, _ in }
            return server.port
        }()
        try await withClient { client in
            let failure = await #expect(throws: CallFailure.self) {
                try await client.send(HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: port))
            }
            #expect(failure?.code == .connectFailed)
            #expect(failure?.mayHaveReachedPeer == false)
            #expect(failure?.message.contains("connection refused") == true)
        }
    }

    @Test("keeps to the deadline, and closes the connection of a call that is late")
    func deadline() async throws {
        let closed = Atomic<Bool>(false)
        let server = try ScriptedServer { _, descriptor in
            _ = ScriptedServer.readHead(descriptor)
            var byte: UInt8 = 0
            if recv(descriptor, &byte, 1, 0) == 0 { closed.store(true, ordering: .relaxed) }
        }
        try await withClient { client in
            let start = Instant.now
            let failure = await #expect(throws: CallFailure.self) {
                try await client.send(
                    HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: server.port),
                    context: CallContext(deadline: start.advanced(by: .milliseconds(50))))
            }
            #expect(failure?.code == .deadlineExceeded)
            #expect(start.duration(to: .now) < .seconds(5))
            #expect(await eventually { closed.load(ordering: .relaxed) })
        }
    }

    @Test("closes the exchange at once when the task is cancelled")
    func cancellation() async throws {
        let asked = Atomic<Bool>(false)
        let closed = Atomic<Bool>(false)
        let server = try ScriptedServer { _, descriptor in
            _ = ScriptedServer.readHead(descriptor)
            asked.store(true, ordering: .relaxed)
            var byte: UInt8 = 0
            if recv(descriptor, &byte, 1, 0) == 0 { closed.store(true, ordering: .relaxed) }
        }
        try await withClient { client in
            let task = Task {
                try await client.send(HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: server.port))
            }
            #expect(await eventually { asked.load(ordering: .relaxed) })
            task.cancel()
            let failure = await #expect(throws: CallFailure.self) { try await task.value }
            #expect(failure?.code == .cancelled)
            #expect(await eventually { closed.load(ordering: .relaxed) })
        }
    }

    @Test(
        "refuses answers that are not valid HTTP/1.1",
        arguments: [
            "nonsense\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
            "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        ])
    func invalid(_ bytes: String) async throws {
        let server = try ScriptedServer { _, descriptor in
            if ScriptedServer.readHead(descriptor) { ScriptedServer.send(descriptor, bytes) }
            _ = ScriptedServer.readHead(descriptor)
        }
        try await withClient { client in
            let failure = await #expect(throws: CallFailure.self) {
                try await client.send(HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: server.port))
            }
            #expect(failure?.code == .invalidResponse, "\(String(describing: failure))")
        }
    }

    @Test("skips informational responses, and reads bodies of every framing")
    func framings() async throws {
        let answers = [
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "HTTP/1.1 200 \r\n\r\nhello",
            "HTTP/1.0 200 OK\r\n\r\nhello",
        ]
        let server = try ScriptedServer { number, descriptor in
            if ScriptedServer.readHead(descriptor) { ScriptedServer.send(descriptor, answers[number % answers.count]) }
        }
        try await withClient { client in
            for _ in answers {
                let response = try await client.send(
                    HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: server.port))
                let body = try await response.body.collect(upTo: 100)
                #expect(String(buffer: body) == "hello")
                #expect(await eventually { server.connections.load(ordering: .relaxed) > 0 })
            }
        }
    }

    @Test("shows a body that breaks off as a failure")
    func truncated() async throws {
        let server = try ScriptedServer { _, descriptor in
            _ = ScriptedServer.readHead(descriptor)
            ScriptedServer.send(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        }
        try await withClient { client in
            let failure = await #expect(throws: CallFailure.self) {
                let response = try await client.send(
                    HTTPRequest(.get, "/"), to: Origin(host: "127.0.0.1", port: server.port))
                _ = try await response.body.collect(upTo: 100)
            }
            #expect(failure?.code == .connectionLost)
        }
    }

    @Test("bounds the connections to an endpoint and the calls that wait")
    func bounds() async throws {
        let released = Mutex(false)
        let inFlight = Mutex((now: 0, most: 0))
        let slow = Responding { _ in
            inFlight.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            _ = await eventually { released.withLock { $0 } }
            inFlight.withLock { $0.now -= 1 }
            return HTTPResponse(status: 200)
        }
        var configuration = HTTPClientConfiguration()
        configuration.maximumConnections = 2
        configuration.maximumWaiting = 3
        try await withServer(client: configuration, slow) { _, address, client in
            let results = try await withThrowingTaskGroup(of: CallFailure.Code?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do throws(CallFailure) {
                            _ = try await client.send(HTTPRequest(.get, "/"), to: address.endpoint)
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                // The first to come back is the one that was refused; the others are all held up.
                var results = [try await group.next() ?? nil]
                #expect(await eventually { inFlight.withLock { $0.now } == 2 })
                released.withLock { $0 = true }
                for try await result in group { results.append(result) }
                return results
            }
            #expect(results.filter { $0 == .overloaded }.count == 1)
            #expect(results.filter { $0 == nil }.count == 5)
            #expect(inFlight.withLock { $0.most } == 2)
        }
    }

    @Test("streams both ways through server and client, slowed down by the reader")
    func streamingBothWays() async throws {
        let mirror = Responding { request in
            HTTPResponse(status: 200, body: request.body)
        }
        try await withServer(loops: 2, mirror) { _, address, client in
            let chunk = ByteBuffer(repeating: 7, count: 32 << 10)
            let request = HTTPRequest(
                .post, "/",
                body: HTTPBody { writer in
                    for _ in 0..<512 { try await writer.write(chunk) }
                })
            let response = try await client.send(request, to: address.endpoint)
            var total = 0
            for try await piece in response.body { total += piece.readableBytes }
            #expect(total == 512 * (32 << 10))
        }
    }
}
