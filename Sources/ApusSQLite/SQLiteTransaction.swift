// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import GRDB
internal import Synchronization

/// A transaction on the writer connection, which its database holds for it.
final class SQLiteTransaction: ApusSQL.Transaction {
    private struct State {
        var isOpen = false
        var savepoints = 0
        var commitActions: [@Sendable () -> Void] = []
    }

    let storage: any DatabaseWriter
    private let executor: WriterExecutor
    private let time: TimeSource
    private let state = Mutex(State())

    init(storage: any DatabaseWriter, executor: WriterExecutor, time: TimeSource) {
        self.storage = storage
        self.executor = executor
        self.time = time
    }

    var dialect: Dialect { .sqlite }

    /// Whether its body still runs.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    func query(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        try admit()
        let statement = RenderedStatement(sql)
        return try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            try statement.rows(on: connection)
        }
    }

    @discardableResult
    func execute(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> Int {
        try admit()
        let statement = RenderedStatement(sql)
        return try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            try statement.changes(on: connection)
        }
    }

    func stream(
        _ sql: ApusSQL.SQL, piece: Int, _ body: ([ApusSQL.Row]) async throws -> Void
    ) async throws {
        try admit()
        let statement = RenderedStatement(sql)
        let cursor = try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            do {
                return try RowCursor(statement, on: connection)
            } catch {
                throw ApusSQL.DatabaseError(translating: error, statement: statement.text)
            }
        }
        do {
            while let rows = try await next(piece, of: cursor, statement) {
                try await body(rows)
                try admit()
            }
        } catch {
            try await onWriter { _ in cursor.close() }
            throw error
        }
    }

    private func next(
        _ count: Int, of cursor: RowCursor, _ statement: RenderedStatement
    ) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row]? {
        try await onWriter { (_) throws(ApusSQL.DatabaseError) in
            do {
                return try cursor.next(max(1, count))
            } catch {
                throw ApusSQL.DatabaseError(translating: error, statement: statement.text)
            }
        }
    }

    func savepoint<Value: Sendable>(
        _ body: (any ApusSQL.Transaction) async throws -> Value
    ) async throws -> Value {
        try admit()
        let (depth, actions) = state.withLock { state in
            state.savepoints += 1
            return (state.savepoints, state.commitActions.count)
        }
        defer { state.withLock { $0.savepoints -= 1 } }
        try await command("SAVEPOINT apus_\(depth)")
        do {
            let value = try await body(self)
            try await command("RELEASE apus_\(depth)")
            return value
        } catch {
            state.withLock { $0.commitActions.removeSubrange(actions...) }
            // If SQLite has rolled back the whole transaction by itself there is no savepoint to go back to.
            try await commandsIfOpen("ROLLBACK TO apus_\(depth)", "RELEASE apus_\(depth)")
            throw error
        }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.commitActions.append(action) }
    }

    /// Begins, runs `body`, and commits or rolls back. Once.
    func perform<Value: Sendable>(_ body: (any ApusSQL.Transaction) async throws -> Value) async throws -> Value {
        try await command("BEGIN IMMEDIATE")
        state.withLock { $0.isOpen = true }
        do {
            let value = try await body(self)
            state.withLock { $0.isOpen = false }
            try await commit()
            return value
        } catch {
            state.withLock { $0.isOpen = false }
            // After a full disk or an I/O error SQLite has rolled back by itself.
            try await commandsIfOpen("ROLLBACK")
            throw error
        }
    }

    /// Calls what was registered by ``afterCommit(_:)``.
    func runCommitActions() {
        let actions = state.withLock { state in
            let actions = state.commitActions
            state.commitActions = []
            return actions
        }
        for action in actions { action() }
    }

    private func commit() async throws(ApusSQL.DatabaseError) {
        try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            guard connection.isInsideTransaction else {
                throw ApusSQL.DatabaseError(
                    .serializationFailure, "SQLite rolled the transaction back after an error that its body swallowed")
            }
            _ = try RenderedStatement("COMMIT").changes(on: connection)
        }
    }

    private func admit() throws(ApusSQL.DatabaseError) {
        guard isOpen else {
            throw ApusSQL.DatabaseError(.closed, "the transaction has ended")
        }
        try StatementAdmission.check(at: time.now)
    }

    private func command(_ text: String) async throws(ApusSQL.DatabaseError) {
        try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            _ = try RenderedStatement(.init(raw: text)).changes(on: connection)
        }
    }

    private func commandsIfOpen(_ texts: String...) async throws(ApusSQL.DatabaseError) {
        try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            guard connection.isInsideTransaction else { return }
            for text in texts {
                _ = try RenderedStatement(.init(raw: text)).changes(on: connection)
            }
        }
    }

    private func onWriter<Value: Sendable>(
        _ work: @escaping @Sendable (GRDB.Database) throws(ApusSQL.DatabaseError) -> Value
    ) async throws(ApusSQL.DatabaseError) -> Value {
        let storage = storage
        return try await executor.run {
            storage.unsafeReentrantWrite { connection in
                Result { () throws(ApusSQL.DatabaseError) in try work(connection) }
            }
        }.get()
    }
}
