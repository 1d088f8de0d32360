// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusTesting
    import NIOCore
    import NIOPosix
    import Testing

    @testable import ApusRedis

    @Suite("Making connections")
    struct DialerTests {
        /// A name with two addresses, of which the first is tried first.
        private struct TwoAddresses: Resolver, Sendable {
            let eventLoop: any EventLoop
            let first: SocketAddress
            let second: SocketAddress

            func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
                eventLoop.makeSucceededFuture([first])
            }

            func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
                eventLoop.makeSucceededFuture([second])
            }

            func cancelQueries() {}
        }

        /// A port on which nobody listens.
        private func refusedPort() async throws -> Int {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = channel.localAddress?.port ?? 0
            try await channel.close()
            return port
        }

        private func dial(_ dialer: RedisDialer, on eventLoop: any EventLoop) async -> Result<Void, RedisError> {
            await withCheckedContinuation { continuation in
                eventLoop.execute {
                    dialer.dial(on: eventLoop) { result in
                        continuation.resume(returning: result.map { $0.close(.closed) })
                    }
                }
            }
        }

        @Test("a name with two addresses, of which the first refuses, is connected by the other")
        func twoAddresses() async throws {
            let server = try await FakeServer.start { _ in .bytes("+PONG\r\n") }
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let resolver = TwoAddresses(
                eventLoop: loop, first: try SocketAddress(ipAddress: "127.0.0.1", port: await refusedPort()),
                second: try SocketAddress(ipAddress: "127.0.0.1", port: server.port))
            let dialer = try RedisDialer(
                RedisConfiguration(endpoint: .tcp(host: "redis.test", port: 6_379)), resolver: resolver)
            for _ in 0..<3 { try await dial(dialer, on: loop).get() }
            #expect(server.received.entries.count == 3)
            try await eventually("no connection is left over") { server.open == 0 }
            try await server.stop()
        }

        @Test("a handler that has ended closes a connection that it is added to")
        func late() async throws {
            let server = try await FakeServer.start { _ in .bytes("+PONG\r\n") }
            await #expect(throws: (any Error).self) {
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let ended = RedisChannel(RedisConfiguration(endpoint: .unix(path: "/nowhere")))
                            ended.close(.closed)
                            try channel.pipeline.syncOperations.addHandler(ended)
                        }
                    }
                    .connect(host: "127.0.0.1", port: server.port).get()
            }
            try await eventually("no connection is left over") { server.open == 0 }
            try await server.stop()
        }
    }
#endif
