// SPDX-License-Identifier: Apache-2.0

/// A relational database: one protocol for SQLite and PostgreSQL, which pass one conformance suite
/// (`DatabaseConformance` in ApusTesting).
///
/// Every method may be called from any number of tasks at once and never blocks the calling thread. No statement is ever
/// repeated behind the caller's back.
public protocol Database: SQLExecutor {
    /// Runs several statements in one transaction, without a round trip between them, and gives the numbers of rows that
    /// each changed. Cheaper than transaction(isolation:_:) where nothing is decided in between: a backend may commit
    /// several callers' batches together, each still all or nothing.
    @discardableResult
    func batch(_ statements: [SQL]) async throws(DatabaseError) -> [Int]

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// Inside, use only the transaction that is passed. A second transaction of the same database inside `body` is refused
    /// with `misuse` instead of waiting for itself; Transaction/savepoint(_:) nests. On SQLite the transaction holds
    /// the only writer until `body` ends: don't wait for anything else in it.
    ///
    /// - Parameter isolation: at least this much. Default: serializable.
    /// - Throws: what `body` throws, after the rollback; `DatabaseError` if it can't begin or commit.
    @discardableResult
    func transaction<Value: Sendable>(
        isolation: Isolation, _ body: (any Transaction) async throws -> Value
    ) async throws -> Value

    /// Finishes what was begun, then closes. Later uses throw `closed`. Closing again does nothing.
    func close() async
}

extension Database {
    /// Runs `body` in a serializable transaction.
    @discardableResult
    public func transaction<Value: Sendable>(
        _ body: (any Transaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(isolation: .serializable, body)
    }
}
