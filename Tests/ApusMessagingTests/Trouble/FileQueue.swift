// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting

/// A queue in a file of SQLite, on the machine's clocks: as a service has it.
enum FileQueue {
    static func open(_ url: String) async throws -> (queue: MessageQueue, database: SQLiteDatabase) {
        let database = try await SQLiteDatabase.open(url: url)
        try await SQLQueueStore.migrations.run(on: database)
        let store = try SQLQueueStore(database: database, configuration: .init(source: "/services/test"))
        return (MessageQueue(store: store), database)
    }

    /// Runs a worker until `condition` holds, then lets it drain.
    static func work(
        _ queue: MessageQueue, _ configuration: WorkerConfiguration, until what: String,
        within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
    ) async throws {
        let worker = try QueueWorker(queue: queue, configuration: configuration)
        let running = Task { try await worker.run() }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await eventually(what, within: limit, condition))
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        try await running.value
        try outcome.get()
    }
}
