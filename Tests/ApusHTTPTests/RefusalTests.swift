// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import ApusHTTP

@Suite("What the engine refuses by itself")
struct RefusalTests {
    @Test("is a problem document with an id that the responder is told")
    func problem() async throws {
        let told = Told()
        try await withServer(configure: { $0.maximumBodyBytes = 10 }, told) { _, address, _ in
            for (request, code, status) in [
                ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "malformed_request", 400),
                ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n\r\n", "uri_too_long", 414),
                ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "version_not_supported", 505),
            ] {
                let document = try await document(address, request, status)
                #expect(document["code"] as? String == code)
                #expect(document["type"] as? String == "urn:apus:problem:\(code)")
                #expect(told.last?.error.code == code && told.last?.requestID == document["requestId"] as? String)
                #expect(told.last?.head == nil)
            }
        }
    }

    @Test("keeps the client's id and says the path where the head was valid")
    func announcedTooLarge() async throws {
        let told = Told()
        try await withServer(configure: { $0.maximumBodyBytes = 10 }, told) { _, address, _ in
            let request = "POST /a\"b?c HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine-1\r\nContent-Length: 11\r\n\r\n"
            let document = try await document(address, request, 413)
            #expect(document["requestId"] as? String == "mine-1" && document["instance"] as? String == "/a\"b")
            #expect(told.last?.requestID == "mine-1")
        }
    }

    @Test("reaches the responder through the body, and its answer is the last on the connection")
    func body() async throws {
        let responder = Responding { request in
            do throws(CallFailure) {
                _ = try await request.body.collect(upTo: 1 << 20)
                return HTTPResponse(status: .ok, headers: [:], body: HTTPBody("whole"))
            } catch {
                let status = ProtocolError(error)?.status ?? .ok
                return HTTPResponse(status: status, headers: ["X-Code": error.code.name], body: HTTPBody("mine"))
            }
        }
        let post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withServer(
            configure: {
                $0.maximumBodyBytes = 10
                $0.bodyTimeout = .milliseconds(100)
            }, responder
        ) { _, address, _ in
            for (sent, code, status) in [
                ("b\r\nhello world\r\n0\r\n\r\n", "body_too_large", 413), ("5\r\nhel", "body_timeout", 408),
            ] {
                let text = try await exchange(address, post + sent)
                #expect(text.hasPrefix("HTTP/1.1 \(status) ") && text.contains("X-Code: \(code)\r\n"), "\(text)")
                #expect(text.contains("Connection: close\r\n") && text.hasSuffix("\r\n\r\nmine"))
            }
        }
    }

    @Test("is not for a responder to allow when the framing is malformed")
    func malformedFraming() async throws {
        let responder = Responding { request in
            do { _ = try await request.body.collect(upTo: 1 << 20) } catch {}
            return HTTPResponse(status: .ok, headers: [:], body: HTTPBody("fine"))
        }
        try await withServer(responder) { _, address, _ in
            let post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            let document = try await document(address, post + "5\nhello\r\n0\r\n\r\n", 400)
            #expect(document["code"] as? String == "malformed_chunk")
        }
    }

    @Test("is answered by the engine if the receiver doesn't, which then is cancelled with the reason")
    func receiverDeclines() async throws {
        let loops = EventLoops(count: 1)
        let handler = Declining()
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            handler: handler)
        let address = try await server.start()
        let text = try await exchange(
            address, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n")
        #expect(text.hasPrefix("HTTP/1.1 400 ") && text.contains("malformed_chunk"))
        let reason = handler.reason.withLock { $0 }
        guard case .invalidBody(let error) = reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
        #expect(error.code == "malformed_chunk")
        await server.drain(within: .zero)
        try await loops.shutdown()
    }

    @Test("leaves the socket file of a process that lives to it, and takes over that of one that is gone")
    func socketFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "apus-\(UInt32.random(in: .min ... .max)).sock"
        ).path
        let responder = Responding { _ in HTTPResponse(status: .ok, headers: [:], body: HTTPBody("first")) }
        try await withServer(configure: { $0.address = .unix(path: path) }, responder) { _, address, client in
            let loops = EventLoops(count: 1)
            let second = HTTPServer(
                configuration: .init(address: .unix(path: path)), loops: loops, responder: responder)
            let error = await #expect(throws: ServerStartError.self) { try await second.start() }
            #expect(error?.code == .addressInUse)
            let response = try await client.send(HTTPRequest(.get, "/"), to: address.endpoint)
            #expect(response.status == .ok)
            try await loops.shutdown()
        }
        // As a process that was killed leaves it: a socket file on which nobody listens.
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var left = sockaddr_un()
        left.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &left.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &left) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(descriptor)
        try #require(bound == 0 && FileManager.default.fileExists(atPath: path))
        try await withServer(configure: { $0.address = .unix(path: path) }, responder) { _, address, client in
            let response = try await client.send(HTTPRequest(.get, "/"), to: address.endpoint)
            #expect(response.status == .ok)
        }
    }

    // MARK: Support

    private func exchange(_ address: ServerAddress, _ request: String) async throws -> String {
        try await blocking {
            let socket = try RawSocket(port: address.port)
            socket.send(request)
            return socket.receive()
        }
    }

    /// The problem document that a request is answered with; the connection must close after it.
    private func document(_ address: ServerAddress, _ request: String, _ status: Int) async throws -> [String: Any] {
        let text = try await exchange(address, request)
        #expect(text.hasPrefix("HTTP/1.1 \(status) ") && text.contains("\r\nConnection: close\r\n"), "\(text)")
        let parts = text.components(separatedBy: "\r\n\r\n")
        let json = try JSONSerialization.jsonObject(with: Data((parts.last ?? "").utf8))
        let document = json as? [String: Any] ?? [:]
        let id = document["requestId"] as? String ?? "none"
        #expect(parts[0].contains("\r\nX-Request-Id: \(id)\r\n") && document["status"] as? Int == status)
        return document
    }
}

/// Remembers what it is told of refused requests.
private final class Told: HTTPResponder {
    private let requests = Mutex<[RefusedRequest]>([])

    var last: RefusedRequest? { requests.withLock { $0.last } }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(status: .ok, headers: [:], body: HTTPBody("ok"))
    }

    func refused(_ request: RefusedRequest) {
        requests.withLock { $0.append(request) }
    }
}

/// Leaves refused bodies to the engine.
private final class Declining: HTTPHandler {
    let reason = Mutex<ExchangeCancellation?>(nil)

    private final class Receiver: RequestReceiver {
        let handler: Declining

        init(_ handler: Declining) {
            self.handler = handler
        }

        func received(_ chunk: ByteBuffer) {}
        func receivedEnd(_ trailers: Headers?) {}
        func writabilityChanged(_ isWritable: Bool) {}
        func cancelled(_ reason: ExchangeCancellation) { handler.reason.withLock { $0 = reason } }
    }

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        exchange.receiver = Receiver(self)
    }
}
