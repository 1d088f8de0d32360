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
