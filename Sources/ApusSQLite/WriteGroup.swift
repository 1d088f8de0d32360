// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

/// Runs the units of several callers with one commit, and finds for each what it would have found alone.
///
/// - A unit that fails is undone alone: a statement by SQLite itself, several by a savepoint.
/// - When an error rolls back everything (full disk, `OR ROLLBACK`, a statement that writes and was ended since its
///   caller doesn't want it any more), or the commit fails for a reason that may lie in one unit (a deferred foreign
///   key), the units run again, each with a commit of its own. Nothing of the first run is left then, so none runs
///   twice: no unit can commit by itself (``RenderedStatement/init(_:)``).
/// - A unit that isn't wanted any more doesn't begin, the second time as the first.
struct WriteGroup {
    typealias Result = Swift.Result<WriteUnit.Outcome, ApusSQL.DatabaseError>

    /// At least one.
    let units: [WriteUnit]

    func run(on connection: GRDB.Database) -> [Result] {
        do {
            try Self.leaveTransaction(on: connection)
        } catch {
            return units.map { _ in .failure(error) }
        }
        return units.count == 1 ? [alone(units[0], connection)] : together(connection)
    }

    /// Rolls back what may be left on a connection that must be outside of a transaction.
    static func leaveTransaction(on connection: GRDB.Database) throws(ApusSQL.DatabaseError) {
        if connection.isInsideTransaction { try RenderedStatement.command("ROLLBACK", on: connection) }
    }

    private func together(_ connection: GRDB.Database) -> [Result] {
        do {
            try RenderedStatement.begin(
                on: connection, for: units[0].caller, units.dropFirst().map(\.caller))
        } catch {
            return units.map { .failure($0.caller.refusal("before the statement began") ?? error) }
        }
        var results: [Result] = []
        for unit in units {
            results.append(Result { () throws(ApusSQL.DatabaseError) in try guarded(unit, connection) })
            if !connection.isInsideTransaction { return again(connection) }
        }
        do {
            try RenderedStatement.command("COMMIT", on: connection)
            return results
        } catch {
            do {
                try Self.leaveTransaction(on: connection)
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
        Result { () throws(ApusSQL.DatabaseError) in
            if !unit.isSingle { return try committed(unit, connection) }
            let outcome = try unit.run(on: connection)
            guard connection.isInsideTransaction else { return outcome }
            try Self.leaveTransaction(on: connection)
            throw ApusSQL.DatabaseError(
                .misuse, "the statement left a transaction open", statement: unit.statements[0].text)
        }
    }

    private func committed(
        _ unit: WriteUnit, _ connection: GRDB.Database
    ) throws(ApusSQL.DatabaseError) -> WriteUnit.Outcome {
        try RenderedStatement.begin(on: connection, for: unit.caller)
        do {
            let outcome = try unit.run(on: connection)
            try RenderedStatement.command("COMMIT", on: connection)
            return outcome
        } catch {
            try Self.leaveTransaction(on: connection)
            throw error
        }
    }

    private func guarded(
        _ unit: WriteUnit, _ connection: GRDB.Database
    ) throws(ApusSQL.DatabaseError) -> WriteUnit.Outcome {
        if unit.isSingle { return try unit.run(on: connection) }
        try RenderedStatement.command("SAVEPOINT apus_unit", on: connection)
        do {
            let outcome = try unit.run(on: connection)
            try RenderedStatement.command("RELEASE apus_unit", on: connection)
            return outcome
        } catch {
            if connection.isInsideTransaction {
                try RenderedStatement.command("ROLLBACK TO apus_unit", on: connection)
                try RenderedStatement.command("RELEASE apus_unit", on: connection)
            }
            throw error
        }
    }
}
