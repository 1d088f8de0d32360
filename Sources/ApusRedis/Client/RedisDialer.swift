// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import NIOPosix
import NIOSSL

/// Makes connections that are ready for commands.
struct RedisDialer: Sendable {
    let configuration: RedisConfiguration
    private let tls: NIOSSLContext?
    private let resolver: (any Resolver & Sendable)?

    /// - Parameter resolver: what looks names up; nil for the system's.
    /// - Throws: ``InvalidConfiguration`` if the files of the TLS configuration can't be used.
    init(
        _ configuration: RedisConfiguration, resolver: (any Resolver & Sendable)? = nil
    ) throws(InvalidConfiguration) {
        self.configuration = configuration
        self.resolver = resolver
        do {
            tls = try configuration.tls?.context()
        } catch {
            throw InvalidConfiguration([.init("tls", "can't be used: \(error)")])
        }
    }

    /// Connects and does the handshake, within the connect timeout. To be called on `eventLoop`.
    ///
    /// - Parameter done: called once, on the loop.
    func dial(on eventLoop: any EventLoop, done: @escaping (Result<RedisChannel, RedisError>) -> Void) {
        let handshake = Handshake(configuration.endpoint, done: done)
        let endpoint = configuration.endpoint
        let timer = eventLoop.assumeIsolated().scheduleTask(
            in: .nanoseconds(configuration.connectTimeout.nanoseconds)
        ) {
            handshake.fail(
                RedisError(
                    .connectFailed, "no connection to \(endpoint): it took longer than the connect timeout",
                    mayHaveRun: false))
        }
        handshake.afterwards = { timer.cancel() }
        connect(eventLoop).assumeIsolated().whenComplete { result in
            do {
                let connection = try result.get()
                // Its own: of a name with several addresses, several connections may have been tried.
                let channel = try connection.pipeline.syncOperations.handler(type: RedisChannel.self)
                handshake.start(on: channel, configuration)
            } catch {
                handshake.fail(
                    RedisError(
                        .connectFailed, "no connection to \(endpoint): \(ConnectText.of(error))", mayHaveRun: false))
            }
        }
    }

    private func connect(_ eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        let (tls, configuration, endpoint) = (tls, configuration, configuration.endpoint)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .resolver(resolver)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(Self.tlsHandler(tls, endpoint)) }
                    try channel.pipeline.syncOperations.addHandler(RedisChannel(configuration))
                }
            }
        switch endpoint {
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            let tuned = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
            if let address = try? SocketAddress(ipAddress: host, port: port) { return tuned.connect(to: address) }
            return tuned.connect(host: host, port: port)
        }
    }

    private static func tlsHandler(_ context: NIOSSLContext, _ endpoint: RedisEndpoint) throws -> NIOSSLClientHandler {
        guard case .tcp(let host, let port) = endpoint, (try? SocketAddress(ipAddress: host, port: port)) == nil else {
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
        return try NIOSSLClientHandler(context: context, serverHostname: host)
    }
}
