// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import ApusGateway

@Suite("Forwarding a request and its response")
struct ForwardingTests {
    @Test("a request arrives as it was sent, with where it came from and its names")
    func echo() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let text = try await blocking {
                let socket = try RawSocket(port: port)
                socket.send(
                    "GET /v1/users?limit=10 HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX-Mine: 1\r\n"
                        + "Connection: close, X-Drop, host\r\nX-Drop: 2\r\n\r\n")
                return socket.receive()
            }
            let body = text.components(separatedBy: "\r\n\r\n").last ?? ""
            let lines = body.split(separator: "\n").map(String.init)
            #expect(text.contains("\r\nX-Request-Id: "))
            #expect(lines.first == "GET /v1/users?limit=10")
            #expect(lines.contains("x-mine: 1") && !text.contains("x-drop"))
            #expect(lines.contains("host: 127.0.0.1:\(gateway.address.port)"))
            #expect(lines.contains("x-forwarded-for: 127.0.0.1") && lines.contains("x-forwarded-proto: http"))
            #expect(lines.contains("x-forwarded-host: 127.0.0.1:\(gateway.address.port)"))
            #expect(lines.filter { $0.hasPrefix("x-request-id: ") }.count == 1)
            #expect(lines.filter { $0.hasPrefix("traceparent: 00-") }.count == 1)
            #expect(lines.contains { $0.hasPrefix("forwarded: for=127.0.0.1;host=") })
        }
    }

    @Test("the path is forwarded in the form that was compared, and rewritten if the route says so")
    func paths() async throws {
        let yaml = { (addresses: [ServerAddress]) in
            """
            services:
              users: { endpoints: ["\(addresses[0])"] }
            routes:
              - { match: { path: /api/users/** }, to: users, rewrite: { stripPrefix: /api, addPrefix: /internal } }
              - { match: { path: /strip/** }, to: users, rewrite: { stripPrefix: /strip } }
              - { match: { path: "/**", methods: [GET] }, to: users }
            """
        }
        try await withGateway(servers: [Responding.echo], yaml) { (gateway, _) async throws in
            for (sent, seen) in [
                ("/%61//b?q=%61", "/a/b?q=%61"), ("/api/users/7?x=1", "/internal/users/7?x=1"),
                ("/api/users", "/internal/users"), ("/strip", "/"), ("/strip?x", "/?x"), ("/strip/a", "/a"),
                ("//strip//a", "/a"),
            ] {
                let text = try await gateway.send(.get, sent).text()
                #expect(text.split(separator: "\n").first == "GET \(seen)")
            }
            for path in ["/a/../b", "/a%2fb", "/%zz"] {
                let response = try await gateway.send(.get, path)
                #expect(response.status == 400)
                #expect(try await gateway.problem(response)["code"] as? String == "ambiguous_path")
            }
        }
    }

    @Test("no route is 404, no method is 405 with Allow; both are problem documents")
    func unmatched() async throws {
        let yaml = { (addresses: [ServerAddress]) in
            """
            services:
              users: { endpoints: ["\(addresses[0])"] }
            routes:
              - { match: { path: /v1/users, methods: [GET, POST] }, to: users }
            """
        }
        try await withGateway(servers: [Responding.echo], yaml) { (gateway, _) async throws in
            let missing = try await gateway.send(.get, "/nowhere", headers: [.requestID: "r-1"])
            #expect(missing.status == 404 && missing.headers[.contentType] == "application/problem+json")
            #expect(missing.headers[.requestID] == "r-1")
            let problem = try await gateway.problem(missing)
            #expect(problem["code"] as? String == "not_found" && problem["instance"] as? String == "/nowhere")
            #expect(problem["requestId"] as? String == "r-1" && problem["status"] as? Int == 404)
            let wrong = try await gateway.send(.delete, "/v1/users")
            #expect(wrong.status == 405 && wrong.headers[.allow] == "GET, HEAD, POST")
            #expect(gateway.logLines.count == 2)
        }
    }

    @Test("bodies pass whole, both ways", arguments: [0, 1, 1000, 20_000, 3_000_000])
    func bodies(size: Int) async throws {
        let mirror = Responding { request in
            do {
                let body = try await request.body.collect(upTo: 8 << 20)
                return HTTPResponse(status: .ok, headers: [:], body: HTTPBody(body))
            } catch {
                return HTTPResponse(status: 500, headers: [:], body: .empty)
            }
        }
        try await withGateway(servers: [mirror]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            let bytes = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let response = try await gateway.send(.post, "/", body: HTTPBody(bytes))
            #expect(response.status == .ok)
            #expect(try await response.body.collect(upTo: 8 << 20) == bytes)
        }
    }

    @Test("a response of unknown length streams both ways, with its trailers' place kept")
    func streams() async throws {
        let upstream = Responding { request in
            HTTPResponse(
                status: .ok, headers: [:],
                body: HTTPBody { writer in
                    for try await chunk in request.body { try await writer.write(chunk) }
                })
        }
        try await withGateway(servers: [upstream]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            let body = HTTPBody { writer in
                for index in 0..<200 { try await writer.write(ByteBuffer(repeating: UInt8(index), count: 10_000)) }
            }
            let response = try await gateway.send(.post, "/", body: body)
            #expect(response.headers[.contentLength] == nil)
            let received = try await response.body.collect(upTo: 8 << 20)
            #expect(received.readableBytes == 2_000_000 && received.getInteger(at: 1_999_999, as: UInt8.self) == 199)
        }
    }

    @Test("what a service sends bit by bit reaches the client at once")
    func promptly() async throws {
        let server = try RawServer { socket, _ in
            _ = socket.receiveHead()
            socket.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            socket.send("6\r\ndata:1\r\n")
            // The second event leaves when the client has seen the first.
            _ = socket.receive { $0.contains("seen") }
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let text = try await blocking {
                let socket = try RawSocket(port: port)
                socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return socket.receive { $0.contains("data:1") }
            }
            #expect(text.contains("200 OK") && text.contains("data:1") && !text.contains("\r\n0\r\n"))
        }
    }

    @Test("HEAD, 204 and 304 have no body and keep the connection")
    func bodiless() async throws {
        let server = try RawServer { socket, _ in
            while true {
                let head = socket.receiveHead()
                if head.isEmpty { return }
                if head.hasPrefix("HEAD") {
                    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
                } else if head.contains("/204") {
                    socket.send("HTTP/1.1 204 No Content\r\n\r\n")
                } else {
                    socket.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n")
                }
            }
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let port = gateway.address.port
            let texts = try await blocking {
                let socket = try RawSocket(port: port)
                return ["HEAD /", "GET /204", "GET /304"].map { line in
                    socket.send("\(line) HTTP/1.1\r\nHost: a\r\n\r\n")
                    return socket.receiveHead()
                }
            }
            #expect(texts[0].contains("200 OK") && texts[0].contains("Content-Length: 1234"))
            #expect(texts[1].hasPrefix("HTTP/1.1 204") && !texts[1].contains("Content-Length"))
            #expect(texts[2].hasPrefix("HTTP/1.1 304") && texts[2].contains("ETag"))
            #expect(texts.allSatisfy { $0.hasSuffix("\r\n\r\n") })
            #expect(server.connections == 1)
        }
    }

    @Test("hop-by-hop headers of a response stay behind, and an upgrade is not passed on")
    func responseHeaders() async throws {
        let server = try RawServer { socket, _ in
            let head = socket.receiveHead()
            let upgrade = head.lowercased().contains("upgrade") ? "yes" : "no"
            socket.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nProxy-Authenticate: x\r\n"
                    + "Keep-Alive: timeout=5\r\nAlt-Svc: h3\r\nX-Upgrade: \(upgrade)\r\n\r\nok")
        }
        try await withGateway { _ in
            oneService([server.url])
        } _: { (gateway, _) async throws in
            let response = try await gateway.send(
                .get, "/", headers: [.connection: "Upgrade", .upgrade: "websocket"])
            let names = Set(response.headers.map { $0.name.lowercased() })
            #expect(names.isDisjoint(with: ["x-hop", "proxy-authenticate", "keep-alive", "alt-svc"]))
            #expect(response.headers["X-Upgrade"] == "no")
            #expect(try await response.text() == "ok")
        }
    }

    @Test("requests are spread over the instances and come over few connections")
    func spread() async throws {
        let named = { (name: String) in
            Responding { _ in HTTPResponse(status: .ok, headers: [:], body: HTTPBody(name)) }
        }
        try await withGateway(servers: [named("a"), named("b"), named("c")]) {
            oneService($0.map(\.description))
        } _: {
            (gateway, servers) async throws in
            var counts: [String: Int] = [:]
            for _ in 0..<30 { counts[try await gateway.send(.get, "/").text(), default: 0] += 1 }
            #expect(counts == ["a": 10, "b": 10, "c": 10])
            #expect(servers.allSatisfy { $0.connections == 1 })
        }
    }

    @Test("the access log has a JSON line for each request, and metrics count it")
    func accessLog() async throws {
        try await withGateway(servers: [Responding.echo]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            _ = try await gateway.send(.get, "/x?a=\"b", headers: [.requestID: "r-9"]).text()
            let line = try #require(gateway.logLines.first)
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["status"] as? Int == 200 && object["method"] as? String == "GET")
            #expect(object["target"] as? String == "/x?a=\"b" && object["request_id"] as? String == "r-9")
            #expect(object["route"] as? String == "/**" && object["service"] as? String == "users")
            #expect((object["trace_id"] as? String)?.count == 32)
            let text = String(decoding: PrometheusSample.text(gateway.metrics), as: UTF8.self)
            #expect(text.contains("apus_gateway_requests_total{route=\"/**\",service=\"users\",status=\"2xx\"} 1"))
            #expect(text.contains("apus_gateway_requests_in_flight 0"))
        }
    }
}
