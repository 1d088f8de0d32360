// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

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
    /// A statement that failed may have ended the transaction on some databases, so let the error out, or wrap in a
    /// savepoint what may fail: a body that swallows the error and returns gets it thrown at the commit there.
    ///
    /// - Parameters:
    ///   - isolation: at least this much.
    ///   - place: who asks, for the report of a connection that isn't given back.
    /// - Throws: what `body` throws, after the rollback; `DatabaseError` if it can't begin or commit.
    @discardableResult
    func transaction<Value: Sendable>(
        isolation: Isolation, at place: CallSite, _ body: (any Transaction) async throws -> Value
    ) async throws -> Value

    /// Finishes what was begun, then closes. Later uses throw `closed`. Closing again does nothing.
    func close() async
}

extension Database {
    /// Runs `body` in a transaction, as ``transaction(isolation:at:_:)``. Default isolation: serializable.
    @discardableResult
    public func transaction<Value: Sendable>(
        isolation: Isolation = .serializable, fileID: String = #fileID, line: Int = #line,
        _ body: (any Transaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(isolation: isolation, at: CallSite(fileID: fileID, line: line), body)
    }

    /// Runs `body` in a transaction, and again from its beginning when the database rolled it back since it collided with
    /// another (`busy`, `serialization_failure`, `deadlock`). `body` must be fit to run several times.
    ///
    /// - Parameters:
    ///   - attempts: at most so many, the first included. At least 1.
    ///   - isolation: at least this much. Default: serializable.
    /// - Throws: what the last attempt threw.
    @discardableResult
    public func transaction<Value: Sendable>(
        attempts: Int, isolation: Isolation = .serializable, fileID: String = #fileID, line: Int = #line,
        _ body: (any Transaction) async throws -> Value
    ) async throws -> Value {
        let place = CallSite(fileID: fileID, line: line)
        var random = FastRandom()
        var pause = Duration.milliseconds(1)
        for _ in 1..<max(1, attempts) {
            do {
                return try await transaction(isolation: isolation, at: place, body)
            } catch let error as DatabaseError where error.isRolledBack {
                try await Task.sleep(for: pause * Double.random(in: 0.5...1, using: &random))
                pause = min(pause * 2, .milliseconds(50))
            }
        }
        return try await transaction(isolation: isolation, at: place, body)
    }

    /// Inserts many rows in few statements, all or none.
    ///
    /// - Parameters:
    ///   - rows: a value for each column.
    /// - Returns: how many rows were inserted.
    /// - Throws: as ``batch(_:)``; `misuse` for a row of another length.
    @discardableResult
    public func insert(into table: String, columns: [String], rows: some Sequence<[SQLValue]>)
        async throws(DatabaseError) -> Int
    {
        try await batch(BulkInsert.statements(table: table, columns: columns, rows: rows)).reduce(0, +)
    }
}
