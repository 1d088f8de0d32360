// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusTesting
    import NIOCore
    import NIOPosix

    @testable import ApusRedis

    /// A server that says what a test wants.
    struct FakeServer {
        enum Answer {
            case bytes(String)
            /// Says no more on this connection.
            case close
            case nothing
        }

        let port: Int
        /// What was received, a write at a time.
        let received: Journal<String>
        private let connections: Connections
        private let channel: any Channel

        /// Connections that are open.
        var open: Int { connections.accepted.value - connections.closed.value }

        private struct Connections: Sendable {
            let accepted = Tally()
            let closed = Tally()
        }

        /// Starts one.
        ///
        /// - Parameter answer: what to say to each write of the client.
        static func start(_ answer: @escaping @Sendable (String) -> Answer) async throws -> FakeServer {
            let (received, connections) = (Journal<String>(), Connections())
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    connections.accepted.increment()
                    channel.closeFuture.whenComplete { _ in connections.closed.increment() }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Handler(answer, received))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            return FakeServer(
                port: channel.localAddress?.port ?? 0, received: received, connections: connections, channel: channel)
        }

        func client(_ change: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisClient {
            var configuration = RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
            configuration.connections = 1
            change(&configuration)
            return try RedisClient(configuration, group: .singleton)
        }

        func stop() async throws {
            try await channel.close()
        }

        private final class Handler: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            typealias OutboundOut = ByteBuffer
            private let answer: @Sendable (String) -> Answer
            private let received: Journal<String>

            init(_ answer: @escaping @Sendable (String) -> Answer, _ received: Journal<String>) {
                self.answer = answer
                self.received = received
            }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let text = String(buffer: unwrapInboundIn(data))
                received.append(text)
                switch answer(text) {
                case .bytes(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes)), promise: nil)
                case .close: context.close(promise: nil)
                case .nothing: break
                }
            }
        }
    }
#endif
