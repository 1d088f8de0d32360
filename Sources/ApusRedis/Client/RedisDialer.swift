// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import NIOPosix
import NIOSSL

/// Makes connections that are ready for commands.
struct RedisDialer: Sendable {
    let configuration: RedisConfiguration
    private let tls: NIOSSLContext?

    /// - Throws: ``InvalidConfiguration`` if the files of the TLS configuration can't be used.
    init(_ configuration: RedisConfiguration) throws(InvalidConfiguration) {
        self.configuration = configuration
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
        let channel = RedisChannel(configuration)
        let handshake = Handshake(channel, configuration.endpoint, done: done)
        let endpoint = configuration.endpoint
        channel.owner = handshake
        let timer = eventLoop.assumeIsolated().scheduleTask(
            in: .nanoseconds(configuration.connectTimeout.nanoseconds)
        ) {
            handshake.fail(
                RedisError(
                    .connectFailed, "no connection to \(endpoint): it took longer than the connect timeout",
                    mayHaveRun: false))
        }
        let bound = NIOLoopBound(channel, eventLoop: eventLoop)
        connect(eventLoop, bound).assumeIsolated().whenComplete { result in
            switch result {
            case .success: handshake.start(configuration)
            case .failure(let error):
                handshake.fail(
                    RedisError(
                        .connectFailed, "no connection to \(endpoint): \(ConnectText.of(error))", mayHaveRun: false))
            }
        }
        handshake.afterwards = { timer.cancel() }
    }

    private func connect(
        _ eventLoop: any EventLoop, _ handler: NIOLoopBound<RedisChannel>
    ) -> EventLoopFuture<any Channel> {
        let (tls, endpoint) = (tls, configuration.endpoint)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(Self.tlsHandler(tls, endpoint)) }
                    try channel.pipeline.syncOperations.addHandler(handler.value)
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
