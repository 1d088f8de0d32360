// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation
import TestSupport
import Testing

@Suite("A proxy that makes the network worse")
struct FaultProxyTests {
    /// A server that sends back what it gets.
    private func makeEcho() throws -> RawServer {
        try RawServer { socket, _ in
            while true {
                let bytes = socket.receiveSome()
                if bytes.isEmpty { return }
                socket.send(String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    private func text(_ count: Int) -> String {
        String((0..<count).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
    }

    @Test("lets everything through in its order, also when it delays each piece")
    func delay() throws {
        let echo = try makeEcho()
        let proxy = try FaultProxy(
            to: .port(echo.port), faults: .init(delay: .milliseconds(1) ... .milliseconds(4)), seed: 1)
        let socket = try RawSocket(port: proxy.port)
        let sent = text(300_000)
        let began = ContinuousClock.now
        socket.send(sent)
        #expect(socket.receive { $0.utf8.count == 300_000 } == sent)
        // There and back.
        #expect(ContinuousClock.now - began >= .milliseconds(2))
    }

    @Test("cuts a connection after exactly so many bytes, and no other")
    func cut() async throws {
        let received = Shared<[Int: String]>([:])
        let server = try RawServer { socket, number in
            let text = number == 1 ? socket.receive() : socket.receive { $0.utf8.count == 5000 }
            received.update { $0[number] = text }
        }
        let proxy = try FaultProxy(to: .port(server.port), faults: .init(cutAfter: 1000...1000), seed: 2)
        let socket = try RawSocket(port: proxy.port)
        socket.send(text(5000))
        try await eventually("the server has lost it") { received.value[1] != nil }
        // A connection that was reset may have lost what it held.
        #expect(text(1000).hasPrefix(received.value[1] ?? "-"))
        #expect(socket.receive().isEmpty)
        proxy.faults = .init()
        let other = try RawSocket(port: proxy.port)
        other.send(text(5000))
        try await eventually("the other goes through") { received.value[2]?.utf8.count == 5000 }
        other.close()
        #expect(proxy.statistics.cut == 1)
        try await eventually("nothing is left") { proxy.statistics.open == 0 }
    }

    @Test("stalls a connection after so many bytes, and holds all while it is paused")
    func stall() async throws {
        let echo = try makeEcho()
        let proxy = try FaultProxy(to: .port(echo.port), faults: .init(stallAfter: 100...100), seed: 3)
        let socket = try RawSocket(port: proxy.port)
        socket.send(text(500))
        try await eventually("it stands still") { proxy.statistics.stalled == 1 }
        proxy.cutAll()
        #expect(socket.receive().isEmpty)
        try await eventually("nothing is left of it") { proxy.statistics.stalled == 0 }
        proxy.faults = .init()
        let other = try RawSocket(port: proxy.port)
        other.send("a")
        #expect(other.receive { $0 == "a" } == "a")
        proxy.pause()
        other.send("b")
        proxy.resume()
        #expect(other.receive { $0 == "b" } == "b")
    }

    @Test("replaces bytes of the server from a chosen one on, and the same ones with the same seed")
    func corruption() async throws {
        let sent = text(200)
        let server = try RawServer { socket, _ in
            socket.send(sent)
            _ = socket.receive()
        }
        var answers: [[UInt8]] = []
        for _ in 0..<2 {
            let proxy = try FaultProxy(
                to: .port(server.port), faults: .init(corruptFrom: 50...50, corruption: 0.2), seed: 4)
            let socket = try RawSocket(port: proxy.port)
            var bytes: [UInt8] = []
            while bytes.count < 200 {
                let more = socket.receiveSome()
                if more.isEmpty { break }
                bytes += more
            }
            let changed = zip(bytes, sent.utf8).filter { $0 != $1 }.count
            try await eventually("the changed bytes are counted") { proxy.statistics.corrupted == changed }
            answers.append(bytes)
        }
        #expect(answers[0].prefix(50) == Array(sent.utf8).prefix(50))
        #expect(answers[0][50] != Array(sent.utf8)[50])
        #expect(answers[0] == answers[1])
    }

    @Test("closes a connection whose server isn't there")
    func absent() throws {
        let proxy = try FaultProxy(to: .unix(path: "/nowhere"), seed: 5)
        let socket = try RawSocket(port: proxy.port)
        #expect(socket.receive().isEmpty)
        #expect(proxy.statistics.accepted == 0)
    }
}

extension RawSocket {
    /// The bytes that come next; none at the end.
    fileprivate func receiveSome() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer[..<max(0, count)])
    }
}
