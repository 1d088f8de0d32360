// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import Foundation
import NIOCore
import Testing

/// A registry behind a real server, and a client to talk to it.
struct RegistryFixture {
    let registry: Registry
    let endpoint: Origin
    let client: HTTPClient

    static func with(
        _ registry: Registry? = nil, _ body: (RegistryFixture) async throws -> Void
    ) async throws {
        let registry = try registry ?? Registry()
        let sweeping = Task { await registry.run() }
        let loops = EventLoops(count: 1)
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            responder: RegistryServer(registry: registry))
        let address = try await server.start()
        let client = HTTPClient(loops: loops)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(RegistryFixture(registry: registry, endpoint: address.endpoint, client: client)))
        } catch {
            result = .failure(error)
        }
        sweeping.cancel()
        await sweeping.value
        await client.shutdown()
        await server.drain(within: .seconds(2))
        try await loops.shutdown()
        try result.get()
    }

    /// Status, headers and JSON of an answer.
    func send(
        _ method: HTTPMethod, _ target: String, _ body: String = ""
    ) async throws -> (status: Int, headers: Headers, json: [String: Any]) {
        let response = try await client.send(HTTPRequest(method, target, body: HTTPBody(body)), to: endpoint)
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let object =
            bytes.readableBytes == 0 ? [:] : try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView))
        return (response.status.code, response.headers, object as? [String: Any] ?? [:])
    }

    func text(_ target: String) async throws -> String {
        let response = try await client.send(HTTPRequest(.get, target), to: endpoint)
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }
}
