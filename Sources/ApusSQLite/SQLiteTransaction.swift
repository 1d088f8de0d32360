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
    private let configuration: SQLiteConfiguration
    private let state = Mutex(State())

    init(storage: any DatabaseWriter, executor: WriterExecutor, configuration: SQLiteConfiguration) {
        self.storage = storage
        self.executor = executor
        self.configuration = configuration
    }

    var dialect: Dialect { .sqlite }

    /// Whether its body still runs.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    func query(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        try admit()
        let statement = try RenderedStatement(sql)
        return try await run { (connection, caller) throws(ApusSQL.DatabaseError) in
            try statement.rows(on: connection, for: caller)
        }
    }

    @discardableResult
    func execute(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> Int {
        try admit()
        let statement = try RenderedStatement(sql)
        return try await run { (connection, caller) throws(ApusSQL.DatabaseError) in
            try statement.changes(on: connection, for: caller)
        }
    }

    func stream(
        _ sql: ApusSQL.SQL, piece: Int, _ body: ([ApusSQL.Row]) async throws -> Void
    ) async throws {
        try admit()
        let statement = try RenderedStatement(sql)
        let cursor = try await run { (connection, _) throws(ApusSQL.DatabaseError) in
            do {
                return try RowCursor(statement, on: connection)
            } catch {
                throw statement.translated(error)
            }
        }
        do {
            while let rows = try await next(piece, of: cursor, statement) {
                try await body(rows)
                try admit()
            }
        } catch {
            await executor.run { [storage] in storage.unsafeReentrantWrite { _ in cursor.close() } }
            throw error
        }
    }

    private func next(
        _ count: Int, of cursor: RowCursor, _ statement: RenderedStatement
    ) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row]? {
        try await run { (_, caller) throws(ApusSQL.DatabaseError) in
            do {
                return try cursor.next(max(1, count), for: caller)
            } catch {
                throw statement.translated(error)
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

    /// Begins for `caller`, runs `body`, and commits or rolls back. Once.
    func perform<Value: Sendable>(
        for caller: Caller, _ body: (any ApusSQL.Transaction) async throws -> Value
    ) async throws -> Value {
        try await begin(for: caller)
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

    private func begin(for caller: Caller) async throws(ApusSQL.DatabaseError) {
        try await caller.listening {
            await onWriter { (connection) throws(ApusSQL.DatabaseError) in
                try WriteGroup.leaveTransaction(on: connection)
                try RenderedStatement.begin(on: connection, for: caller)
            }
        }.get()
    }

    private func commit() async throws(ApusSQL.DatabaseError) {
        try await command("COMMIT")
    }

    private func admit() throws(ApusSQL.DatabaseError) {
        guard isOpen else {
            throw ApusSQL.DatabaseError(.closed, "the transaction has ended")
        }
        try StatementAdmission.check(at: configuration.time.now)
    }

    private func command(_ text: String) async throws(ApusSQL.DatabaseError) {
        try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            try Self.requireOpen(connection)
            try RenderedStatement.command(text, on: connection)
        }.get()
    }

    private func commandsIfOpen(_ texts: String...) async throws(ApusSQL.DatabaseError) {
        try await onWriter { (connection) throws(ApusSQL.DatabaseError) in
            guard connection.isInsideTransaction else { return }
            for text in texts { try RenderedStatement.command(text, on: connection) }
        }.get()
    }

    /// Runs a statement of the body, until the current task doesn't want it any more.
    private func run<Value: Sendable>(
        _ work: @escaping @Sendable (GRDB.Database, Caller) throws(ApusSQL.DatabaseError) -> Value
    ) async throws(ApusSQL.DatabaseError) -> Value {
        let caller = Caller(configuration)
        return try await caller.listening {
            await onWriter { (connection) throws(ApusSQL.DatabaseError) in
                try Self.requireOpen(connection)
                return try work(connection, caller)
            }
        }.get()
    }

    /// Outside of a transaction each statement would commit itself.
    private static func requireOpen(_ connection: GRDB.Database) throws(ApusSQL.DatabaseError) {
        guard connection.isInsideTransaction else {
            throw ApusSQL.DatabaseError(
                .serializationFailure, "SQLite rolled the transaction back after an error that its body swallowed")
        }
    }

    private func onWriter<Value: Sendable>(
        _ work: @escaping @Sendable (GRDB.Database) throws(ApusSQL.DatabaseError) -> Value
    ) async -> Result<Value, ApusSQL.DatabaseError> {
        let storage = storage
        return await executor.run {
            storage.unsafeReentrantWrite { connection in
                Result { () throws(ApusSQL.DatabaseError) in try work(connection) }
            }
        }
    }
}
