// SPDX-License-Identifier: Apache-2.0

/// Something that runs statements: a Database or a Transaction. Take this where code may run in either.
public protocol SQLExecutor: Sendable {
    /// The SQL it speaks.
    var dialect: Dialect { get }

    /// Runs one statement and gives all its rows.
    ///
    /// - Throws: `timeout` if the deadline of `CallContext.current` has passed, `cancelled` if the task is; both before
    ///   the statement begins. What the database says otherwise.
    func query(_ sql: SQL) async throws(DatabaseError) -> [Row]

    /// Runs one statement and gives the number of rows that it inserted, changed or deleted.
    ///
    /// - Throws: as query(_:).
    @discardableResult
    func execute(_ sql: SQL) async throws(DatabaseError) -> Int
}

extension SQLExecutor {
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
