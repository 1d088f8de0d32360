// SPDX-License-Identifier: Apache-2.0
public import ApusRuntime
public import ApusSQL
import ApusSQLite

/// Opens the database that `DATABASE_URL` names, and brings its tables up to date.
public enum ServiceDatabase {
    /// - Throws: ``ApusRuntime/StartError`` saying what to change: the data folder, the address, the file.
    public static func open(_ settings: ServiceSettings) async throws(StartError) -> any Database {
        let url = settings.databaseURL
        guard url.scheme == "sqlite" else {
            throw StartError(
                "DATABASE_URL: \(url.scheme):// is not supported yet; expected sqlite:PATH or sqlite::memory:",
                exitStatus: 2)
        }
        do throws(DatabaseError) {
            return try await SQLiteDatabase.open(url: url.string)
        } catch {
            throw StartError("DATABASE_URL: \(error.message)", exitStatus: error.code == .cannotOpen ? 2 : 1)
        }
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
