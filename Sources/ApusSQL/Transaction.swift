// SPDX-License-Identifier: Apache-2.0

/// A transaction that is open while the closure given to Database/transaction(isolation:_:) runs.
///
/// Afterwards every use throws `closed`. Statements of one transaction run one after the other.
public protocol Transaction: SQLExecutor {
    /// Runs `body` inside a savepoint: what it did is undone if it throws, the rest of the transaction is kept.
    ///
    /// - Throws: what `body` throws; `DatabaseError`.
    @discardableResult
    func savepoint<Value: Sendable>(_ body: (any Transaction) async throws -> Value) async throws -> Value

    /// Calls `action` once, after the outermost transaction was committed; never if it was rolled back, nor if the
    /// savepoint was in which it was registered. Runs in no particular order, and must not block.
    func afterCommit(_ action: @escaping @Sendable () -> Void)
}

extension Transaction {
    /// Inserts many rows in few statements.
    ///
    /// - Parameters:
    ///   - rows: a value for each column.
    /// - Returns: how many rows were inserted.
    /// - Throws: as ``SQLExecutor/execute(_:)``; `misuse` for a row of another length.
    @discardableResult
    public func insert(into table: String, columns: [String], rows: some Sequence<[SQLValue]>)
        async throws(DatabaseError) -> Int
    {
        var count = 0
        for statement in try BulkInsert.statements(table: table, columns: columns, rows: rows) {
            count += try await execute(statement)
        }
        return count
    }
}
