// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import TestSupport
import Testing

@testable import ApusGateway

@Suite("Questions about the gateway itself")
struct OptionsTests {
    @Test("OPTIONS * is answered by the gateway with what any route allows, and no other method may ask so")
    func asterisk() async throws {
        try await withGateway(servers: [Responding.echo]) {
            """
            services: { users: { endpoints: ["\($0[0])"] } }
            routes: [{ match: { path: /v1/**, methods: [GET, POST] }, to: users }]
            """
        } _: { (gateway, upstreams) async throws in
            let port = gateway.address.port
            let answer = try await blocking {
                let socket = try RawSocket(port: port)
                socket.send("OPTIONS * HTTP/1.1\r\nHost: x\r\nX-Request-Id: one\r\n\r\n")
                socket.send("GET /v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return socket.receive()
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            let head = try #require(answer.split(separator: "\r\n\r\n").first).lowercased()
            #expect(head.contains("\r\nallow: get, head, post, options"))
            #expect(head.contains("\r\ncontent-length: 0") && head.contains("\r\nx-request-id: one"))
            #expect(answer.contains("GET /v1/users\n"), "the connection lives on")
            let refused = try await blocking {
                let socket = try RawSocket(port: port)
                socket.send("GET * HTTP/1.1\r\nHost: x\r\n\r\n")
                return socket.receiveHead()
            }
            #expect(refused.hasPrefix("HTTP/1.1 400 "))
            #expect(upstreams[0].connections == 1)
            #expect(gateway.logLines.contains { $0.contains(#""method":"OPTIONS","target":"*""#) })
        }
    }
}
