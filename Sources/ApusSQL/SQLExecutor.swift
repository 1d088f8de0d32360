// SPDX-License-Identifier: Apache-2.0

/// Something that runs statements: a Database or a Transaction. Take this where code may run in either.
public protocol SQLExecutor: Sendable {
    /// The SQL it speaks.
    var dialect: Dialect { get }

    /// Runs one statement and gives all its rows.
    ///
    /// - Throws: `timeout` when the deadline of `CallContext.current` passes, `cancelled` when the task is cancelled: before
    ///   the statement begins, while it waits for its turn or a connection, and while it runs, since the database stops
    ///   it then. ``DatabaseError/mayHaveRun`` says whether it may have had its effect all the same. Inside a transaction
    ///   it may have ended that. What the database says otherwise.
    func query(_ sql: SQL) async throws(DatabaseError) -> [Row]

    /// Runs one statement and gives the number of rows that it inserted, changed or deleted.
    ///
    /// - Throws: as query(_:).
    @discardableResult
    func execute(_ sql: SQL) async throws(DatabaseError) -> Int

    /// Runs one statement and passes its rows on in pieces, as they come: for results that are too large to hold. While
    /// `body` works, nothing more is read than buffers hold. On a database it keeps a connection until the end.
    ///
    /// The deadline of `CallContext.current` holds for the whole: it ends the statement, and is looked at between the
    /// pieces. `body` itself isn't ended.
    ///
    /// - Parameters:
    ///   - piece: how many rows `body` gets at a time, the last time maybe less. At least 1.
    ///   - body: must not use the same transaction. What it throws ends the statement.
    /// - Throws: what `body` throws; as query(_:), also after the first pieces.
    func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws
}

extension SQLExecutor {
    /// Runs one statement and passes its rows on one after the other, as they come.
    ///
    /// - Throws: what `body` throws; as query(_:), also after the first rows.
    public func forEachRow(_ sql: SQL, _ body: (Row) async throws -> Void) async throws {
        try await stream(sql, piece: 256) { rows in
            for row in rows { try await body(row) }
        }
    }

    /// The first row, or nil.
    public func first(_ sql: SQL) async throws(DatabaseError) -> Row? {
        try await query(sql).first
    }

    /// The first column of the first row, or nil without a row.
    public func value<Value: SQLDecodable>(_ sql: SQL, as type: Value.Type = Value.self) async throws(DatabaseError)
        -> Value?
    {
        try await query(sql).first?.get(0, as: type)
    }
}
