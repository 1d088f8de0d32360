// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusTesting
    import NIOPosix
    import RedisTestSupport

    @testable import ApusRedis

    /// A server behind a proxy, and clients of both.
    struct Proxied {
        let proxy: FaultProxy
        /// Through the proxy. Nothing is connected yet.
        let client: RedisClient
        /// Straight to the server.
        let direct: RedisClient

        /// Another one through the proxy.
        func makeClient() throws -> RedisClient { try RedisClient(client.configuration, group: .singleton) }

        /// Runs `body` with a server of its own, then closes all.
        static func run(
            _ faults: ProxyFaults, seed: UInt64, configure: (inout RedisConfiguration) -> Void = { _ in },
            _ body: (Proxied) async throws -> Void
        ) async throws {
            try await withRedis { server, direct in
                let proxy = try FaultProxy(to: .unix(path: server.socket), faults: faults, seed: seed)
                defer { proxy.stop() }
                var configuration = server.configuration()
                configuration.endpoint = .tcp(host: "127.0.0.1", port: proxy.port)
                configure(&configuration)
                let client = try RedisClient(configuration, group: .singleton)
                defer { client.shutdown() }
                try await body(Proxied(proxy: proxy, client: client, direct: direct))
                client.shutdown()
                try await eventually("every connection is closed") { proxy.statistics.open == 0 }
            }
        }
    }

    extension RedisError {
        /// Whether it tells of a server that couldn't be reached, or not in time.
        var isOfTheNetwork: Bool {
            [.connectionLost, .connectFailed, .timeout, .overloaded].contains(code)
        }
    }
#endif
