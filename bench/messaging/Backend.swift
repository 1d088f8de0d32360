// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusNATS
import ApusPostgres
import ApusRedis
import ApusRedisMessaging
import ApusSQL
import ApusSQLite
import NIOPosix

/// A queue's store, opened by its URL.
struct Backend: Sendable {
    let store: any QueueStore
    private let closing: @Sendable () async -> Void

    static func open(_ url: String, connections: Int, capacity: Int) async throws -> Backend {
        let configuration = QueueConfiguration(source: Order.source, capacity: capacity)
        switch url.prefix(while: { $0 != ":" }) {
        case "memory":
            return Backend(store: try MemoryQueueStore(configuration: configuration)) {}
        case "sqlite":
            let parts = url.split(separator: "?", maxSplits: 1)
            let isNormal = parts.count == 2 && parts[1] == "synchronous=normal"
            guard parts.count == 1 || isNormal || parts[1] == "synchronous=full" else { throw Unfit("unknown: \(url)") }
            let settings = SQLiteConfiguration(synchronous: isNormal ? .normal : .full)
            return try await on(SQLiteDatabase.open(url: String(parts[0]), configuration: settings), configuration)
        case "postgres", "postgresql":
            #if PostgreSQL
                let pool = PoolConfiguration(maxOpen: connections, maxIdle: connections)
                return try await on(
                    PostgresDatabase.open(url: url, configuration: PostgresConfiguration(pool: pool)), configuration)
            #else
                throw Unfit("this build is without the package trait PostgreSQL")
            #endif
        case "nats", "tls":
            let client = try NATSClient(NATSConfiguration(url: url))
            let store = try JetStreamQueue(client: client, configuration: .init(queue: configuration))
            return Backend(store: store) { client.shutdown() }
        case "redis", "rediss", "redis+unix":
            let client = try RedisClient(
                RedisConfiguration(url: url), group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            let store = try RedisQueue(client, configuration: configuration)
            return Backend(store: store) { client.shutdown() }
        default:
            throw Unfit("no store for \(url)")
        }
    }

    func close() async {
        await closing()
    }

    /// A worker that runs the handlers of `queue`, in a task that ends when it is cancelled.
    func work(_ queue: MessageQueue, handlers: Int) throws -> Task<Void, any Error> {
        let worker = try QueueWorker(queue: queue, configuration: WorkerConfiguration(concurrency: handlers))
        return Task { try await worker.run() }
    }

    private static func on(_ database: any Database, _ configuration: QueueConfiguration) async throws -> Backend {
        try await SQLQueueStore.migrations.run(on: database)
        return Backend(store: try SQLQueueStore(database: database, configuration: configuration)) {
            await database.close()
        }
    }
}
