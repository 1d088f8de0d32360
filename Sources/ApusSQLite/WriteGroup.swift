// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

/// Runs the units of several callers with one commit, and finds for each what it would have found alone.
///
/// - A unit that fails is undone alone: a statement by SQLite itself, several by a savepoint.
/// - When an error rolls back everything (full disk, `OR ROLLBACK`), or the commit fails for a reason that may lie in one
///   unit (a deferred foreign key), the units run again, each with a commit of its own. Nothing of the first run is left
///   then, so none runs twice.
struct WriteGroup {
    typealias Result = Swift.Result<WriteUnit.Outcome, ApusSQL.DatabaseError>

    let units: [WriteUnit]

    func run(on connection: GRDB.Database) -> [Result] {
        units.count == 1 ? [alone(units[0], connection)] : together(connection)
    }

    private func together(_ connection: GRDB.Database) -> [Result] {
        do {
            try command("BEGIN IMMEDIATE", connection)
        } catch {
            return units.map { _ in .failure(error) }
        }
        var results: [Result] = []
        for unit in units {
            results.append(Result { () throws(ApusSQL.DatabaseError) in try guarded(unit, connection) })
            if !connection.isInsideTransaction { return again(connection) }
        }
        do {
            try command("COMMIT", connection)
            return results
        } catch {
            do {
                if connection.isInsideTransaction { try command("ROLLBACK", connection) }
            } catch {
                return units.map { _ in .failure(error) }
            }
            return again(connection)
        }
    }

    private func again(_ connection: GRDB.Database) -> [Result] {
        units.map { alone($0, connection) }
    }

    private func alone(_ unit: WriteUnit, _ connection: GRDB.Database) -> Result {
        Result { () throws(ApusSQL.DatabaseError) in try committed(unit, connection) }
    }

    private func committed(
        _ unit: WriteUnit, _ connection: GRDB.Database
    ) throws(ApusSQL.DatabaseError) -> WriteUnit.Outcome {
        if unit.isSingle { return try unit.run(on: connection) }
        try command("BEGIN IMMEDIATE", connection)
        do {
            let outcome = try unit.run(on: connection)
            try command("COMMIT", connection)
            return outcome
        } catch {
            if connection.isInsideTransaction { try command("ROLLBACK", connection) }
            throw error
        }
    }

    private func guarded(
        _ unit: WriteUnit, _ connection: GRDB.Database
    ) throws(ApusSQL.DatabaseError) -> WriteUnit.Outcome {
        if unit.isSingle { return try unit.run(on: connection) }
        try command("SAVEPOINT apus_unit", connection)
        do {
            let outcome = try unit.run(on: connection)
            try command("RELEASE apus_unit", connection)
            return outcome
        } catch {
            if connection.isInsideTransaction {
                try command("ROLLBACK TO apus_unit", connection)
                try command("RELEASE apus_unit", connection)
            }
            throw error
        }
    }

    private func command(_ text: String, _ connection: GRDB.Database) throws(ApusSQL.DatabaseError) {
        _ = try RenderedStatement(.init(raw: text)).changes(on: connection)
    }
}
