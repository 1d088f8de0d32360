// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusSQL
import Synchronization

/// The transaction of a ``FaultyDatabase``.
struct FaultyTransaction: Transaction {
    /// Remembers that the connection was lost on purpose: from then on nothing works.
    final class Loss: Sendable {
        private let stored = Mutex<DatabaseError?>(nil)

        var error: DatabaseError? { stored.withLock { $0 } }

        func note(_ failure: CallFailure) -> DatabaseError {
            let error = DatabaseError(injected: failure)
            if error.code == .connectionLost { stored.withLock { $0 = error } }
            return error
        }
    }

    let transaction: any Transaction
    let injector: FaultInjector
    let loss: Loss

    var dialect: Dialect { transaction.dialect }

    func query(_ sql: SQL) async throws(DatabaseError) -> [Row] {
        if let error = loss.error { throw error }
        return try await injector.inject(into: .statement(sql, dialect), failing: loss.note) {
            () throws(DatabaseError) in try await transaction.query(sql)
        }
    }

    func execute(_ sql: SQL) async throws(DatabaseError) -> Int {
        if let error = loss.error { throw error }
        return try await injector.inject(into: .statement(sql, dialect), failing: loss.note) {
            () throws(DatabaseError) in try await transaction.execute(sql)
        }
    }

    func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws {
        if let error = loss.error { throw error }
        try await injector.inject(into: .statement(sql, dialect), failing: { loss.note($0) as any Error }) {
            try await transaction.stream(sql, piece: piece, body)
        }
    }

    func savepoint<Value: Sendable>(_ body: (any Transaction) async throws -> Value) async throws -> Value {
        if let error = loss.error { throw error }
        return try await transaction.savepoint {
            try await body(FaultyTransaction(transaction: $0, injector: injector, loss: loss))
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { transaction.afterCommit(action) }
}
