// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
import Foundation

/// An ordered list of migrations and the code that runs it.
///
/// What ran is remembered in `schema_migrations`, per component, so that a library (the queue) and the service keep their
/// own lists in one database. Each migration runs in a transaction with its record, so a crash leaves either both or none,
/// and the next start goes on where this one ended; one that can't run in a transaction is recorded after it, and begins
/// again after a crash. Instances that start at once wait for each other and run each
/// once: SQLite by its write lock, PostgreSQL by an advisory lock of the transaction. Neither waiting nor running ends with
/// the timeout of a request's statement, but with the deadline of `CallContext.current`.
public struct Migrations: Sendable {
    /// Whose migrations these are. Default: `service`.
    public let component: String
    public let migrations: [Migration]

    public init(component: String = "service", _ migrations: [Migration]) {
        self.component = component
        self.migrations = migrations
    }

    /// What ran and what is to run; changes nothing. A database without the table has run nothing.
    ///
    /// - Throws: `migrationDrift` naming the migration, or what the database says.
    public func plan(on database: any Database) async throws(DatabaseError) -> MigrationPlan {
        try checkNames()
        let exists: SQL =
            switch database.dialect {
            case .sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
            case .postgres:
                """
                SELECT COUNT(*) FROM pg_tables
                WHERE tablename = 'schema_migrations' AND schemaname = ANY (current_schemas(false))
                """
            }
        let tables = try await database.value(exists, as: Int.self) ?? 0
        return try await plan(applied: tables == 0 ? [] : records(on: database), dialect: database.dialect)
    }

    /// Runs what is pending, in order.
    ///
    /// - Returns: the names of those that this call ran.
    /// - Throws: `migrationDrift`; otherwise the database's error, its message naming the migration. Those before it stay.
    @discardableResult
    public func run(on database: any Database) async throws(DatabaseError) -> [String] {
        try checkNames()
        var names: [String] = []
        while let name = try await runNextPatiently(on: database) {
            names.append(name)
        }
        return names
    }

    /// How often SQLite's busy timeout may pass while others hold the write lock.
    private static let waits = 60
    /// Between two tries to get the lock on PostgreSQL. Half of it is random.
    private static let pause = Duration.milliseconds(100)

    private enum Step {
        case ran(String)
        case nothingToDo
        /// Another instance is at work.
        case locked
    }

    /// - Returns: what it ran; nil if there is nothing to do.
    private func runNextPatiently(on database: any Database) async throws(DatabaseError) -> String? {
        var waits = 0
        while true {
            do throws(DatabaseError) {
                switch try await runNext(on: database) {
                case .ran(let name): return name
                case .nothingToDo: return nil
                case .locked: try await rest()
                }
            } catch {
                guard error.code == .busy, waits < Self.waits else { throw error }
                waits += 1
            }
        }
    }

    private func rest() async throws(DatabaseError) {
        var random = FastRandom()
        do {
            try await Task.sleep(for: Self.pause * Double.random(in: 0.5...1, using: &random))
        } catch {
            throw DatabaseError(.cancelled, "migrations of \(component): cancelled while another instance ran them")
        }
    }

    /// Runs the first pending migration.
    private func runNext(on database: any Database) async throws(DatabaseError) -> Step {
        do {
            // Read committed: who has waited for the lock must see what the holder did.
            return try await LongStatements.$areAllowed.withValue(true) {
                try await database.transaction(isolation: .readCommitted) { transaction in
                    guard try await lock(transaction) else { return .locked }
                    let plan = try await plan(applied: records(on: transaction), dialect: transaction.dialect)
                    guard let migration = plan.pending.first else { return .nothingToDo }
                    try await apply(migration, position: plan.applied.count, in: transaction, of: database)
                    return .ran(migration.name)
                }
            }
        } catch let error as DatabaseError {
            throw error
        } catch {
            throw DatabaseError(.other, "migrations of \(component): \(error)")
        }
    }

    /// - Returns: whether this is the one instance at work.
    private func lock(_ transaction: any Transaction) async throws(DatabaseError) -> Bool {
        // Not waited for in the database: whoever waits there has a snapshot, and CREATE INDEX CONCURRENTLY waits for all
        // older ones, so the two would wait for each other.
        if transaction.dialect == .postgres {
            let isLocked: Bool? = try await transaction.value("SELECT pg_try_advisory_xact_lock(4718392015)")
            guard isLocked == true else { return false }
        }
        try await transaction.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                component TEXT NOT NULL, name TEXT NOT NULL, position BIGINT NOT NULL, checksum TEXT NOT NULL,
                applied_at BIGINT NOT NULL, PRIMARY KEY (component, name))
            """)
        return true
    }

    private func apply(
        _ migration: Migration, position: Int, in transaction: any Transaction, of database: any Database
    ) async throws(DatabaseError) {
        let statements = migration.statements(for: transaction.dialect).map { SQL(raw: $0) }
        do {
            if migration.isTransactional || transaction.dialect == .sqlite {
                for statement in statements { try await transaction.execute(statement) }
            } else {
                // However long it takes.
                try await transaction.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                // The server keeps the snapshot of this transaction's last SELECT until its next statement, and CREATE INDEX
                // CONCURRENTLY would wait for that; a savepoint is one.
                try await transaction.savepoint { _ in try await runOutside(statements, on: database) }
            }
        } catch {
            var named = error as? DatabaseError ?? DatabaseError(.other, "\(error)")
            named.message = "migration \(migration.name) of \(component): \(named.message)"
            throw named
        }
        let checksum = migration.checksum(for: transaction.dialect)
        try await transaction.execute(
            """
            INSERT INTO schema_migrations (component, name, position, checksum, applied_at)
            VALUES (\(component), \(migration.name), \(position), \(checksum), \(raw: transaction.dialect.nowMicroseconds))
            """)
    }

    /// Runs statements on another connection than that of the transaction in whose body the task is: in a task that knows
    /// nothing of it.
    private func runOutside(_ statements: [SQL], on database: any Database) async throws(DatabaseError) {
        let context = CallContext.current
        let task = Task.detached { () async -> Result<Void, DatabaseError> in
            await CallContext.$current.withValue(context) {
                await LongStatements.$areAllowed.withValue(true) {
                    do throws(DatabaseError) {
                        for statement in statements { try await database.execute(statement) }
                        return .success(())
                    } catch {
                        return .failure(error)
                    }
                }
            }
        }
        try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }.get()
    }

    private func plan(applied: [MigrationRecord], dialect: Dialect) throws(DatabaseError) -> MigrationPlan {
        try .make(migrations, applied: applied, component: component, dialect: dialect)
    }

    private func records(on executor: any SQLExecutor) async throws(DatabaseError) -> [MigrationRecord] {
        let rows = try await executor.query(
            "SELECT name, checksum, applied_at FROM schema_migrations WHERE component = \(component) ORDER BY position")
        var records: [MigrationRecord] = []
        for row in rows {
            records.append(MigrationRecord(name: try row[0], checksum: try row[1], applied: try row[2]))
        }
        return records
    }

    private func checkNames() throws(DatabaseError) {
        var seen: Set<String> = []
        for migration in migrations where !seen.insert(migration.name).inserted {
            throw DatabaseError(.misuse, "migrations of \(component): \(migration.name) stands twice in the list")
        }
    }
}
