// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusTelemetry
import Foundation
import Logging
import NIOCore
import Synchronization

@testable import ApusGateway

/// A gateway on a free port with loops of its own, and servers behind it.
final class TestGateway: Sendable {
    let loops: EventLoops
    let gateway: Gateway
    let server: HTTPServer
    let address: ServerAddress
    let client: HTTPClient
    let log: MemoryLogTarget
    let metrics: MetricsRegistry
    private let sink: LogSink

    init(
        _ yaml: String, loops: EventLoops, resolver: (any Resolver)? = nil,
        tokens: (any RequestAuthenticator)? = nil, bodyTimeout: Duration = .seconds(30)
    ) async throws {
        self.loops = loops
        let file = GatewayFile("listeners: [{ address: 127.0.0.1:0 }]\n" + yaml, name: "test.yaml")
        log = MemoryLogTarget()
        sink = LogSink(target: log)
        metrics = MetricsRegistry()
        gateway = try Gateway(
            file.valid(), loops: loops, metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            resolver: resolver, tokens: tokens, accessLog: sink)
        try await gateway.start()
        var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
        configuration.bodyTimeout = bodyTimeout
        server = HTTPServer(configuration: configuration, loops: loops, handler: gateway.handler)
        address = try await server.start()
        client = HTTPClient(loops: loops)
    }

    var endpoint: Origin { address.endpoint }

    func send(_ method: HTTPMethod = .get, _ target: String, headers: Headers = [:], body: HTTPBody = .empty)
        async throws
        -> HTTPResponse
    {
        try await client.send(
            HTTPRequest(method, target, headers: headers, body: body), to: endpoint)
    }

    /// What the gateway sent as a problem document.
    func problem(_ response: HTTPResponse) async throws -> [String: Any] {
        let body = try await response.body.collect(upTo: 1 << 16)
        let object = try JSONSerialization.jsonObject(with: Data(body.readableBytesView))
        return object as? [String: Any] ?? [:]
    }

    var logLines: [String] {
        sink.flush()
        return log.lines
    }

    func stop() async {
        await client.shutdown()
        await server.drain(within: .milliseconds(200))
        await gateway.stop()
    }
}

/// Runs a gateway in front of servers, and takes all of it down again.
///
/// - Parameter yaml: Gets the addresses of the servers; services and routes.
func withGateway(
    servers responders: [any HTTPResponder & Sendable] = [], loops count: Int = 1, resolver: (any Resolver)? = nil,
    tokens: (any RequestAuthenticator)? = nil, bodyTimeout: Duration = .seconds(30),
    _ yaml: ([ServerAddress]) -> String,
    _ body: (TestGateway, [Upstream]) async throws -> Void
) async throws {
    let loops = EventLoops(count: count)
    var servers: [Upstream] = []
    for responder in responders {
        let configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
        let server = make(configuration, loops, responder)
        servers.append(Upstream(server: server, address: try await server.start()))
    }
    let gateway = try await TestGateway(
        yaml(servers.map(\.address)), loops: loops, resolver: resolver, tokens: tokens, bodyTimeout: bodyTimeout)
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(gateway, servers))
    } catch {
        result = .failure(error)
    }
    await gateway.stop()
    for server in servers { await server.server.drain(within: .zero) }
    try await loops.shutdown()
    try result.get()
}

private func make(
    _ configuration: HTTPServerConfiguration, _ loops: EventLoops, _ responder: some HTTPResponder & Sendable
) -> HTTPServer {
    HTTPServer(configuration: configuration, loops: loops, responder: responder)
}

/// A gateway file with one service and one route for everything.
func oneService(_ endpoints: [String], service: String = "", route: String = "") -> String {
    """
    services:
      users:
        endpoints: [\(endpoints.map { "\"\($0)\"" }.joined(separator: ", "))]
    \(service.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
    routes:
      - match: { path: /** }
        to: users
    \(route.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
    """
}

/// A server behind the gateway.
struct Upstream: Sendable {
    let server: HTTPServer
    let address: ServerAddress

    /// Connections accepted so far.
    var connections: Int { server.statistics.acceptedConnections.load(ordering: .relaxed) }
}
