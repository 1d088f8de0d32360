// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting

    /// A database of the shared server that is reached through a proxy, and one that isn't.
    struct Proxied {
        let proxy: FaultProxy
        /// Through the proxy. Nothing is connected yet.
        let database: PostgresDatabase
        /// The same schema, straight.
        let direct: PostgresDatabase

        /// How many backends of the server serve connections through the proxy.
        var backends: Int {
            get async throws {
                let name = database.configuration.applicationName
                return try await direct.value("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = \(name)")
                    ?? -1
            }
        }

        /// Runs `body` with a schema of its own, then closes all.
        static func run(
            _ faults: ProxyFaults, seed: UInt64, _ configuration: PostgresConfiguration = .init(),
            _ body: (Proxied) async throws -> Void
        ) async throws {
            let server = try SharedServer.get()
            let schema = server.newSchemaName()
            let direct = try PostgresDatabase.open(
                url: server.url(schema: schema), configuration: .init(pool: .init(maxOpen: 2, maxIdle: 2)))
            try await direct.execute(SQL(raw: "CREATE SCHEMA \(schema)"))
            let proxy = try FaultProxy(to: .port(server.port), faults: faults, seed: seed)
            var configuration = configuration
            configuration.applicationName = schema
            let database = try PostgresDatabase.open(
                url: server.url(schema: schema, port: proxy.port), configuration: configuration)
            do {
                try await body(Proxied(proxy: proxy, database: database, direct: direct))
            } catch {
                proxy.stop()
                await database.close()
                await direct.close()
                throw error
            }
            await database.close()
            await direct.close()
            try await eventually("every connection is closed") { proxy.statistics.open == 0 }
            proxy.stop()
        }
    }

    extension DatabaseError {
        /// Whether it tells of a server that couldn't be reached, or not in time.
        var isOfTheNetwork: Bool {
            [.connectionLost, .cannotOpen, .timeout, .overloaded].contains(code)
        }
    }

    /// Runs `body` with a deadline for all its statements.
    func within<Value>(_ duration: Duration, _ body: () async throws -> Value) async throws -> Value {
        try await CallContext.$current.withValue(CallContext(deadline: Instant.now.advanced(by: duration))) {
            try await body()
        }
    }
#endif
