// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP/1.1 server.
///
/// Connections are spread over the loops when they are accepted and stay there. ``start()`` binds and returns;
/// ``drain(within:)`` ends the server.
public final class HTTPServer: Sendable {
    /// Address, limits and times, as they were given.
    public let configuration: HTTPServerConfiguration
    private let core: ServerCore
    private let loops: EventLoops
    private let listening = Mutex<(any Channel)?>(nil)

    /// A server whose requests are answered on the event loop by `handler`.
    public init(configuration: HTTPServerConfiguration, loops: EventLoops, handler: any HTTPHandler) {
        self.configuration = configuration
        self.loops = loops
        core = ServerCore(configuration: configuration, handler: handler, loops: loops.all.count)
    }

    /// A server whose requests are answered by asynchronous code.
    public convenience init(configuration: HTTPServerConfiguration, loops: EventLoops, responder: some HTTPResponder) {
        self.init(configuration: configuration, loops: loops, handler: ResponderHandler(responder: responder))
    }

    /// Counts since the server was made.
    public var statistics: ServerStatistics { core.statistics }

    /// Binds and begins to accept.
    ///
    /// - Returns: where the server listens, with the port that was taken for port 0.
    /// - Throws: ``ServerStartError`` that names the address and the reason.
    public func start() async throws(ServerStartError) -> ServerAddress {
        let problems = configuration.problems()
        guard problems.isEmpty else {
            throw ServerStartError(
                .invalidConfiguration, address: configuration.address, problems.joined(separator: "; "))
        }
        let context = try tlsContext()
        let (core, loops, isTLS) = (core, loops, configuration.tls != nil)
        let bootstrap = ServerBootstrap(group: loops.group)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A loop that is late takes up connections once a turn: at four at a time, the usual, some wait for many turns.
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let loop = loops.loop(of: channel.eventLoop)
                    if let context {
                        try pipeline.addHandler(PlainTextGuard(server: core, loop: loop))
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try pipeline.addHandler(HTTP1ServerConnection(server: core, loop: loop))
                }
            }
        let channel: any Channel
        do {
            switch configuration.address {
            case .tcp(let host, let port):
                channel = try await bootstrap.bind(host: host, port: port).get()
            case .unix(let path):
                guard await !isAnswered(path) else {
                    throw ServerStartError(
                        .addressInUse, address: configuration.address, "another process listens on this socket file")
                }
                // NIO removes the socket file only if it is a socket; a file of another kind makes the bind fail.
                channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        } catch let error as ServerStartError {
            throw error
        } catch {
            throw ServerStartError(binding: configuration.address, error)
        }
        listening.withLock { $0 = channel }
        return ServerAddress(bound: channel.localAddress, requested: configuration.address, isTLS: isTLS)
    }

    /// Stops accepting, closes idle connections, lets requests that are under way finish with `Connection: close`, and
    /// closes what is left when the time is over.
    ///
    /// Returns when no connection is left. The first call counts; later ones wait the same way.
    public func drain(within limit: Duration) async {
        let channel = listening.withLock { channel in
            defer { channel = nil }
            return channel
        }
        // A listening socket that is closed already has nothing left to stop.
        if let channel { _ = await channel.close().asResult() }
        core.drain(loops.all)
        if await !becomesIdle(by: .now.advanced(by: limit)) {
            core.forceClose(loops.all)
            _ = await becomesIdle(by: .now.advanced(by: .seconds(1)))
        }
    }

    private func becomesIdle(by deadline: Instant) async -> Bool {
        while statistics.openConnections.load(ordering: .relaxed) > 0 {
            guard Instant.now < deadline, !Task.isCancelled else { return false }
            _ = await loops.all[0].eventLoop.scheduleTask(in: .milliseconds(5)) {}.futureResult.asResult()
        }
        return true
    }

    /// Whether somebody listens on a socket file, which must not be taken away then. What a process that is gone has left
    /// behind refuses connections.
    private func isAnswered(_ path: String) async -> Bool {
        let attempt = ClientBootstrap(group: loops.group).connectTimeout(.seconds(1))
        guard case .success(let channel) = await attempt.connect(unixDomainSocketPath: path).asResult() else {
            return false
        }
        channel.close(promise: nil)
        return true
    }

    private func tlsContext() throws(ServerStartError) -> NIOSSLContext? {
        guard let tls = configuration.tls else { return nil }
        do {
            return try tls.context()
        } catch {
            throw ServerStartError(.invalidTLS, address: configuration.address, "\(error)")
        }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The outcome as a value, for what may fail without consequence.
    func asResult() async -> Result<Value, any Error> {
        await withUnsafeContinuation { continuation in
            whenComplete { continuation.resume(returning: $0) }
        }
    }
}
