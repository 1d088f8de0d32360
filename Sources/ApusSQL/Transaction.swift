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
