// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

/// A statement in SQLite's form, and how it runs on a connection.
struct RenderedStatement: Sendable {
    let text: String
    let values: [SQLValue]
    /// Whether it begins like a statement that only reads; a reader connection then decides.
    let looksReadOnly: Bool
    /// Whether GRDB may keep it prepared: it finds texts as Swift compares them, and so takes what differs only in how
    /// its characters are composed for the same.
    private let isCacheable: Bool

    /// - Throws: `misuse` if it begins or ends a transaction or a savepoint, `syntax` for NUL in the text, `invalidValue`
    ///   for NUL in a value: there SQLite would cut them off.
    init(_ sql: ApusSQL.SQL) throws(ApusSQL.DatabaseError) {
        text = sql.text(for: .sqlite)
        values = sql.values
        let kind = StatementText.kind(of: text)
        looksReadOnly = kind == .seemsToRead
        isCacheable = text.utf8.allSatisfy { $0 & 0x80 == 0 }
        if kind == .endsTransaction {
            throw ApusSQL.DatabaseError(
                .misuse, "a statement can't begin or end a transaction or a savepoint: use transaction and savepoint",
                statement: text)
        }
        if text.utf8.contains(0) { throw ApusSQL.DatabaseError(.syntax, "NUL in the statement", statement: text) }
        for case .text(let value) in values where value.utf8.contains(0) {
            throw ApusSQL.DatabaseError(.invalidValue, "NUL in text", statement: text)
        }
    }

    private init(command text: String) {
        self.text = text
        values = []
        looksReadOnly = false
        isCacheable = true
    }

    /// Runs one of our own statements to its end: one that ends a transaction isn't to be ended itself.
    static func command(_ text: String, on connection: GRDB.Database) throws(ApusSQL.DatabaseError) {
        let statement = RenderedStatement(command: text)
        do {
            try statement.prepared(on: connection).execute()
        } catch {
            throw statement.translated(error)
        }
    }

    /// Begins a transaction that writes, once no other process has the lock.
    ///
    /// - Throws: `busy`; `timeout`, `cancelled` when none of the callers waits any more.
    static func begin(
        on connection: GRDB.Database, for caller: Caller, _ others: [Caller] = []
    ) throws(ApusSQL.DatabaseError) {
        do {
            try StatementWatch.run(on: connection, for: caller, others, isReadOnly: false) {
                try command("BEGIN IMMEDIATE", on: connection)
            }
        } catch {
            throw ApusSQL.DatabaseError(translating: error, statement: "BEGIN IMMEDIATE")
        }
    }

    /// All rows, from a reader; nil if the statement would write.
    func readRows(
        opening connection: Result<GRDB.Database, any Error>, for caller: Caller
    ) throws(ApusSQL.DatabaseError) -> [ApusSQL.Row]? {
        do {
            let connection = try connection.get()
            let statement = try prepared(on: connection)
            guard statement.isReadonly else { return nil }
            return try StatementWatch.run(on: connection, for: caller, isReadOnly: true) { try fetch(statement) }
        } catch {
            throw translated(error)
        }
    }

    /// All rows.
    func rows(on connection: GRDB.Database, for caller: Caller) throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        do {
            let statement = try prepared(on: connection)
            return try StatementWatch.run(on: connection, for: caller, isReadOnly: statement.isReadonly) {
                try fetch(statement)
            }
        } catch {
            throw translated(error)
        }
    }

    /// The number of rows that it inserted, changed or deleted.
    func changes(on connection: GRDB.Database, for caller: Caller) throws(ApusSQL.DatabaseError) -> Int {
        do {
            let statement = try prepared(on: connection)
            let before = connection.totalChangesCount
            try StatementWatch.run(on: connection, for: caller, isReadOnly: statement.isReadonly) {
                if statement.columnCount > 0 {
                    _ = try fetch(statement)
                } else {
                    try statement.execute()
                }
            }
            // A statement that changes nothing leaves the counter of the one before.
            return connection.totalChangesCount == before ? 0 : connection.changesCount
        } catch {
            throw translated(error)
        }
    }

    /// Passes the rows on in pieces, from a reader, until `offer` wants no more.
    ///
    /// - Returns: false if the statement would write, and so didn't run.
    func stream(
        opening connection: Result<GRDB.Database, any Error>, for caller: Caller, piece: Int,
        _ offer: ([ApusSQL.Row]) -> Bool
    ) throws(ApusSQL.DatabaseError) -> Bool {
        do {
            let connection = try connection.get()
            let cursor = try RowCursor(self, on: connection)
            guard cursor.isReadOnly else { return false }
            while let rows = try cursor.next(piece, for: caller) {
                guard offer(rows) else { break }
            }
            return true
        } catch {
            throw translated(error)
        }
    }

    /// What GRDB threw, in our terms.
    func translated(_ error: any Error) -> ApusSQL.DatabaseError {
        ApusSQL.DatabaseError(translating: error, statement: text)
    }

    /// With its values, ready to run.
    ///
    /// - Parameter isShared: whether it may be one that was prepared before, which another use of the same text starts again.
    func prepared(on connection: GRDB.Database, isShared: Bool = true) throws -> Statement {
        let statement =
            try isShared && isCacheable ? connection.cachedStatement(sql: text) : connection.makeStatement(sql: text)
        try statement.setArguments(StatementArguments(values.map(\.databaseValue)))
        return statement
    }

    private func fetch(_ statement: Statement) throws -> [ApusSQL.Row] {
        let cursor = try GRDB.Row.fetchCursor(statement)
        let columns = ApusSQL.Row.Columns(statement.columnNames)
        var rows: [ApusSQL.Row] = []
        while let row = try cursor.next() {
            rows.append(ApusSQL.Row(columns: columns, values: row.databaseValues.map(SQLValue.init(_:))))
        }
        return rows
    }
}
