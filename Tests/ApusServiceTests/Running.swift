// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// Loops and a client for one test, with the servers that it starts on free ports.
struct Running {
    let loops = EventLoops(count: 1)
    let client: HTTPClient

    /// Runs `test` and stops everything.
    static func with(_ test: (Running) async throws -> Void) async throws {
        let running = Running()
        do {
            try await test(running)
        } catch {
            try await running.stop()
            throw error
        }
        try await running.stop()
    }

    private init() {
        client = HTTPClient(loops: loops)
    }

    private func stop() async throws {
        await client.shutdown()
        try await loops.shutdown()
    }

    /// Runs `test` with a server on a free port.
    func serve(
        _ responder: some HTTPResponder, _ test: (ServerAddress) async throws -> Void
    ) async throws {
        try await serve(
            HTTPServer(configuration: Self.configuration, loops: loops, responder: responder), test)
    }

    /// Runs `test` with a server on a free port.
    func serve(handler: any HTTPHandler, _ test: (ServerAddress) async throws -> Void) async throws {
        try await serve(HTTPServer(configuration: Self.configuration, loops: loops, handler: handler), test)
    }

    private static let configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))

    private func serve(_ server: HTTPServer, _ test: (ServerAddress) async throws -> Void) async throws {
        let address = try await server.start()
        do {
            try await test(address)
        } catch {
            await server.drain(within: .milliseconds(200))
            throw error
        }
        await server.drain(within: .milliseconds(200))
    }
}
