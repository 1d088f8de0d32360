// SPDX-License-Identifier: Apache-2.0
#if Redis
    public import ApusRedis
    import ApusResilience
    public import ApusTesting
    import NIOPosix

    extension RedisServer {
        /// An address of its socket, with a shorter back-off than usual.
        public func configuration(_ credentials: RedisCredentials? = nil) -> RedisConfiguration {
            var configuration = RedisConfiguration(endpoint: .unix(path: socket), credentials: credentials)
            configuration.backoff = .init(
                base: .milliseconds(10), maximum: .milliseconds(100), factor: 2, jitter: .full)
            configuration.commandTimeout = .seconds(10)
            return configuration
        }

        /// A client; nothing is connected yet.
        public func client(_ change: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisClient {
            var configuration = configuration()
            change(&configuration)
            return try RedisClient(configuration, group: .singleton)
        }
    }

    /// Runs a test with a server of its own.
    public func withServer(_ options: [String] = [], _ body: (RedisServer) async throws -> Void) async throws {
        let server = try await RedisServer.start(options)
        defer { server.stop() }
        try await body(server)
    }

    /// Runs a test with a server and a client of its own.
    public func withRedis(
        _ options: [String] = [], configure: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (RedisServer, RedisClient) async throws -> Void
    ) async throws {
        try await withServer(options) { server in
            let client = try server.client(configure)
            defer { client.shutdown() }
            try await body(server, client)
        }
    }

    /// The error that `body` throws.
    public func failure<Value>(_ body: () async throws(RedisError) -> Value) async throws -> RedisError {
        do throws(RedisError) {
            _ = try await body()
        } catch {
            return error
        }
        throw ConformanceFailure("no error was thrown")
    }
#endif
