// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import ApusTesting

#if PostgreSQL
    import ApusPostgres
#endif

/// Where one shop stores what it must not lose.
struct ShopStorage: Sendable {
    static let services = ["users", "products", "orders"]

    /// `DATABASE_URL` of each service.
    let databases: [String: String]
    /// Whatever else tells the services where they store, as `BROKER_URL`.
    var environment: [String: String] = [:]

    /// Runs `body` with the database of a service, which is opened for it alone: an SQLite file that somebody has open
    /// needs no recovery when a service that was killed opens it again, and that is to be tested too.
    func with<Value>(_ service: String, _ body: (any Database) async throws -> Value) async throws -> Value {
        guard let url = databases[service] else { throw ConformanceFailure("no database of \(service)") }
        let database = try await Self.open(url)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(database))
        } catch {
            outcome = .failure(error)
        }
        await database.close()
        return try outcome.get()
    }

    private static func open(_ url: String) async throws -> any Database {
        #if PostgreSQL
            if url.hasPrefix("postgres:") { return try PostgresDatabase.open(url: url) }
        #endif
        return try await SQLiteDatabase.open(url: url)
    }
}
