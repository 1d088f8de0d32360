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

/// What a `kill -9` of an instance looks like from the gateway, moment by moment. Nothing of these requests was in
/// flight there, so none may fail.
@Suite("Connections to an instance that has just died")
struct DeadConnectionTests {
    @Test("a pooled connection that was never used and has died is no error for a request that may be repeated")
    func neverUsed() async throws {
        // Connections are kept, and answered from the second on: the first one is for nobody.
        let kept = Shared<[RawSocket]>([])
        let server = try RawServer { socket, number in
            kept.update { $0.append(socket) }
            guard number > 1 else {
                _ = socket.receive()
                return
            }
            _ = socket.receiveHead()
            socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            _ = socket.receive()
        }
        let loops = EventLoops(count: 1)
        let loop = loops.all[0]
        let pool = UpstreamPool(endpoint: try #require(Origin(url: server.url)), loop: loop)
        // Its request is given up while the connection is being made.
        try await loop.eventLoop.submit {
            pool.exchange(Self.get, deadline: nil, receiver: Outcome()).cancel()
        }.get()
        try await eventually("the connection is in the pool") {
            try await loop.eventLoop.submit { pool.connectionCount == 1 }.get() && kept.value.count == 1
        }
        let outcome = Outcome()
        try await loop.eventLoop.submit {
            // While the loop is busy here it can't hear of the end.
            kept.value[0].close()
            pool.exchange(Self.get, deadline: nil, receiver: outcome)
        }.get()
        try await eventually("an outcome") { outcome.text.withLock { $0 } != nil }
        #expect(outcome.text.withLock { $0 } == "200")
        try await loop.eventLoop.submit { pool.shutdown() }.get()
        try await loops.shutdown()
    }

    @Test("an instance that accepts, and closes without a byte: a GET goes to another instance")
    func closesAfterAccepting() async throws {
        // The kernel accepts for a process that is being killed, until its sockets are closed.
        let isDying = Shared(false)
        let dying = try RawServer { socket, _ in
            while !isDying.value {
                guard socket.receiveHead().hasPrefix("GET ") else { return }
                if isDying.value { return }
                socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndying")
            }
        }
        let other = Responding { _ in HTTPResponse(status: .ok, headers: [:], body: HTTPBody("other")) }
        try await withGateway(servers: [other]) {
            oneService([dying.url, "\($0[0])"])
        } _: { (gateway, _) async throws in
            var seen: Set<String> = []
            for _ in 0..<4 { seen.insert(try await gateway.send(.get, "/").text()) }
            #expect(seen == ["dying", "other"])
            isDying.value = true
            for _ in 0..<4 {
                let response = try await gateway.send(.get, "/")
                let status = response.status
                let text = try await response.text()
                #expect(status == 200 && text == "other", "\(status): \(text)")
            }
        }
    }

    private static let get = RequestHead(method: .get, target: "/")

    /// What became of an exchange: the status, or the failure.
    private final class Outcome: ResponseReceiver, Sendable {
        let text = Mutex<String?>(nil)

        func received(_ head: ResponseHead, hasBody: Bool) { text.withLock { $0 = "\(head.status.code)" } }
        func received(_ chunk: ByteBuffer) {}
        func receivedEnd(_ trailers: Headers?) {}
        func failed(_ failure: CallFailure) { text.withLock { $0 = "\(failure)" } }
        func writabilityChanged(_ isWritable: Bool) {}
    }
}
