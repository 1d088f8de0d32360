// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusTesting
import Testing

#if PostgreSQL
    import ApusPostgres
#endif
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import NIOPosix
#endif

/// A place where the shop keeps what must not be lost: each row of ``all`` is one.
struct DurableBackend: Sendable, CustomTestStringConvertible {
    let name: String
    /// Whether there is a server behind it, which can crash.
    let hasServer: Bool
    /// Makes the storage of a new shop.
    let make: @Sendable (TemporaryFolder) async throws -> ShopStorage

    static var all: [DurableBackend] {
        var rows = [DurableBackend(name: "SQLite", hasServer: false) { ShopStorage(databases: sqlite(in: $0)) }]
        #if PostgreSQL
            rows.append(DurableBackend(name: "PostgreSQL", hasServer: true) { _ in try await postgres() })
        #endif
        #if Redis
            rows.append(
                DurableBackend(name: "Redis", hasServer: true) { folder in
                    try await redis(databases: sqlite(in: folder))
                })
        #endif
        #if NATS
            rows.append(
                DurableBackend(name: "NATS", hasServer: true) { folder in
                    try await nats(databases: sqlite(in: folder))
                })
        #endif
        return rows
    }

    var testDescription: String { name }

    private static func sqlite(in folder: TemporaryFolder) -> [String: String] {
        urls { "sqlite:\(folder.path)/\($0)/\($0).db" }
    }

    private static func urls(_ url: (String) -> String) -> [String: String] {
        Dictionary(uniqueKeysWithValues: ShopStorage.services.map { ($0, url($0)) })
    }

    #if PostgreSQL
        private static let server = Result { try PostgresServer() }

        /// New databases in the server that these tests share.
        private static func postgres() async throws -> ShopStorage {
            let server = try server.get()
            let schema = server.newSchemaName()
            let admin = try PostgresDatabase.open(url: server.url())
            for service in ShopStorage.services {
                try await admin.execute(SQL(raw: "CREATE DATABASE \(service)_\(schema)"))
            }
            await admin.close()
            var storage = ShopStorage(databases: urls { server.url(database: "\($0)_\(schema)") })
            storage.restart = {
                server.stop(.immediate)
                try server.start()
            }
            return storage
        }
    #endif

    #if Redis
        /// A server for one shop that syncs each command before it answers.
        private static func redis(databases: [String: String]) async throws -> ShopStorage {
            let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
            let url = server.url
            var storage = ShopStorage(databases: databases)
            storage.environment = ["BROKER_URL": url]
            storage.messagesInBroker = {
                let client = try RedisClient(
                    RedisConfiguration(url: url), group: MultiThreadedEventLoopGroup.singleton)
                defer { client.shutdown() }
                let queue = try RedisQueue(client, configuration: QueueConfiguration(source: "/services/test"))
                return try await queue.statistics().values.map(\.depth).reduce(0, +)
            }
            storage.restart = {
                try await server.crash()
                try server.launch()
                try await server.answers()
            }
            storage.close = { server.stop() }
            return storage
        }
    #endif

    #if NATS
        /// A server with JetStream for one shop: services of the same names would share their messages.
        private static func nats(databases: [String: String]) async throws -> ShopStorage {
            let monitor = try FreePort.find()
            let server = try await NATSServer.start(["-m", "\(monitor)"])
            var storage = ShopStorage(databases: databases)
            storage.environment = ["BROKER_URL": server.url]
            storage.messagesInBroker = { try JetStreamMonitor.openMessages(port: monitor) }
            storage.restart = {
                try await server.crash()
                try server.launch()
                try await server.answers()
            }
            storage.close = { server.stop() }
            return storage
        }
    #endif
}
