// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import NIOCore
import NIOPosix

@testable import ApusHTTP

/// A responder made from a closure.
struct Responding: HTTPResponder {
    let body: @Sendable (HTTPRequest) async -> HTTPResponse

    init(_ body: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
        self.body = body
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse { await body(request) }
}

/// Runs a server and a client on loops of their own, and takes them down again.
func withServer<Result>(
    loops count: Int = 1, configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    client clientConfiguration: HTTPClientConfiguration = .init(), _ responder: some HTTPResponder,
    _ body: (HTTPServer, ServerAddress, HTTPClient) async throws -> Result
) async throws -> Result {
    let loops = EventLoops(count: count)
    var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, loops: loops, responder: responder)
    let address = try await server.start()
    let client = HTTPClient(configuration: clientConfiguration, loops: loops)
    do {
        let result = try await body(server, address, client)
        await client.shutdown()
        await server.drain(within: .seconds(1))
        try await loops.shutdown()
        return result
    } catch {
        await client.shutdown()
        await server.drain(within: .zero)
        try await loops.shutdown()
        throw error
    }
}

/// Waits until a condition holds, looking again every few milliseconds, for ten seconds at most.
func eventually(_ condition: () -> Bool) async -> Bool {
    let deadline = Instant.now.advanced(by: .seconds(10))
    while Instant.now < deadline {
        if condition() { return true }
        do { try await Task.sleep(for: .milliseconds(2)) } catch { return false }
    }
    return false
}

/// A blocking client socket that sends and receives exact bytes.
final class RawSocket: @unchecked Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return }
            bytes = bytes.dropFirst(sent)
        }
    }

    /// What arrives until the peer closes, or until `enough` says so. Ten seconds of silence end it too.
    func receive(until enough: (String) -> Bool = { _ in false }) -> String {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            received.append(contentsOf: buffer[..<count])
            if enough(String(decoding: received, as: UTF8.self)) { break }
        }
        return String(decoding: received, as: UTF8.self)
    }

    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// Runs blocking code away from the cooperative threads.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
