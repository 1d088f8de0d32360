// SPDX-License-Identifier: Apache-2.0
public import ApusRuntime
public import ApusSQL
import ApusSQLite

#if PostgreSQL
    import ApusPostgres
#endif

/// Opens the database that `DATABASE_URL` names, and brings its tables up to date.
public enum ServiceDatabase {
    /// - Parameter report: told what happens to the connections of a pool; called on any thread, and must not block.
    /// - Throws: ``ApusRuntime/StartError`` saying what to change: the data folder, the address, the file.
    public static func open(
        _ settings: ServiceSettings, report: @escaping @Sendable (PoolEvent) -> Void = { _ in }
    ) async throws(StartError) -> any Database {
        do throws(DatabaseError) {
            return try await open(settings.databaseURL, name: settings.name, report)
        } catch {
            throw StartError("DATABASE_URL: \(error.message)", exitStatus: error.code == .cannotOpen ? 2 : 1)
        }
    }

    private static func open(
        _ url: ResourceURL, name: String, _ report: @escaping @Sendable (PoolEvent) -> Void
    ) async throws(DatabaseError) -> any Database {
        switch url.scheme {
        case "sqlite": return try await SQLiteDatabase.open(url: url.string)
        #if PostgreSQL
            case "postgres", "postgresql":
                let database = try PostgresDatabase.open(
                    url: url.string, configuration: PostgresConfiguration(applicationName: name, report: report))
                do {
                    try await database.warmUp()
                } catch {
                    await database.close()
                    throw error
                }
                return database
        #endif
        default: throw DatabaseError(.cannotOpen, unsupported(url.scheme))
        }
    }

    /// What this build can't open.
    static func unsupported(_ scheme: String) -> String {
        #if PostgreSQL
            "\(scheme):// is not a database that is known; expected sqlite:PATH or postgres://…"
        #else
            "\(scheme):// needs a build with the trait PostgreSQL; expected sqlite:PATH or sqlite::memory:"
        #endif
    }

    /// Whether this build can open a database of that kind.
    static func isSupported(_ scheme: String) -> Bool {
        #if PostgreSQL
            ["sqlite", "postgres", "postgresql"].contains(scheme)
        #else
            scheme == "sqlite"
        #endif
    }

    /// Runs what is pending, list by list.
    ///
    /// - Returns: the names of those that ran.
    /// - Throws: ``ApusRuntime/StartError`` naming the migration.
    @discardableResult
    public static func migrate(
        _ database: any Database, _ migrations: [Migrations]
    ) async throws(StartError) -> [String] {
        do throws(DatabaseError) {
            var names: [String] = []
            for list in migrations {
                names += try await list.run(on: database).map { "\(list.component)/\($0)" }
            }
            return names
        } catch {
            throw StartError("\(error.message)")
        }
    }

    /// The names of those that are pending. Changes nothing.
    ///
    /// - Throws: ``ApusRuntime/StartError`` naming the migration that doesn't fit.
    public static func pending(
        _ database: any Database, _ migrations: [Migrations]
    ) async throws(StartError) -> [String] {
        do throws(DatabaseError) {
            var names: [String] = []
            for list in migrations {
                names += try await list.plan(on: database).pending.map { "\(list.component)/\($0.name)" }
            }
            return names
        } catch {
            throw StartError("\(error.message)")
        }
    }
}
