// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusRuntime
import ApusSQL

/// A database to whose statements is done what a fault injector is armed for: `database` as target, the first word of a
/// statement in capitals, `BATCH` or `TRANSACTION` as operation.
///
/// An abort is a connection that is lost before the statement or transaction was sent, a dropped connection one that is
/// lost afterwards: whether it took place is unknown. A connection that is lost within a transaction ends it, with what
/// it did undone.
struct FaultyDatabase: Database {
    let database: any Database
    let injector: FaultInjector

    var dialect: Dialect { database.dialect }

    func query(_ sql: SQL) async throws(DatabaseError) -> [Row] {
        try await injector.inject(into: call(sql), failing: DatabaseError.init(injected:)) {
            () throws(DatabaseError) in try await database.query(sql)
        }
    }

    func execute(_ sql: SQL) async throws(DatabaseError) -> Int {
        try await injector.inject(into: call(sql), failing: DatabaseError.init(injected:)) {
            () throws(DatabaseError) in try await database.execute(sql)
        }
    }

    func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws {
        try await injector.inject(into: call(sql), failing: { DatabaseError(injected: $0) as any Error }) {
            try await database.stream(sql, piece: piece, body)
        }
    }

    func batch(_ statements: [SQL]) async throws(DatabaseError) -> [Int] {
        try await injector.inject(into: .database("BATCH"), failing: DatabaseError.init(injected:)) {
            () throws(DatabaseError) in try await database.batch(statements)
        }
    }

    func transaction<Value: Sendable>(
        isolation: Isolation, at place: CallSite, _ body: (any Transaction) async throws -> Value
    ) async throws -> Value {
        try await injector.inject(
            into: .database("TRANSACTION"), failing: { DatabaseError(injected: $0) as any Error }
        ) {
            try await database.transaction(isolation: isolation, at: place) { transaction in
                let loss = FaultyTransaction.Loss()
                let value = try await body(
                    FaultyTransaction(transaction: transaction, injector: injector, loss: loss))
                // A body that swallows the error has lost its transaction all the same.
                if let error = loss.error { throw error }
                return value
            }
        }
    }

    func close() async { await database.close() }

    private func call(_ sql: SQL) -> FaultCall { .statement(sql, dialect) }
}

extension FaultCall {
    static func database(_ operation: String) -> FaultCall {
        FaultCall(target: FaultTarget.database, operation: operation)
    }

    /// Known by its first word.
    static func statement(_ sql: SQL, _ dialect: Dialect) -> FaultCall {
        let text = sql.text(for: dialect).drop { $0.isWhitespace }
        return database(text.prefix { $0.isLetter }.uppercased())
    }
}

extension DatabaseError {
    /// An injected failure, as a database that is far away would tell it.
    init(injected failure: CallFailure) {
        let code: Code =
            switch failure.code {
            case .cancelled: .cancelled
            case .deadlineExceeded: .timeout
            default: .connectionLost
            }
        self.init(code, failure.message, mayHaveRun: failure.code == .connectionLost)
    }
}
