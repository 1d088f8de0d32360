// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import Synchronization

    /// A transaction on a connection that is lent to it. Tasks that use it at once take turns.
    ///
    /// After a statement has failed PostgreSQL takes no further one in the same transaction but a rollback, to a savepoint or
    /// of the whole.
    final class PostgresTransaction: Transaction {
        /// The transactions in whose bodies the current task runs, or was begun.
        @TaskLocal static var enclosing: [PostgresTransaction] = []

        private struct State {
            var isOpen = true
            var isStreaming = false
            var savepoints = 0
            var commitActions: [@Sendable () -> Void] = []
            /// What made the server refuse the rest.
            var failure: DatabaseError?
        }

        let database: PostgresDatabase
        private let connection: PostgresConnection
        private let turns = Turns()
        private let state = Mutex(State())

        /// A transaction that has begun.
        init(database: PostgresDatabase, connection: PostgresConnection) {
            self.database = database
            self.connection = connection
        }

        var dialect: Dialect { .postgres }

        /// Whether its body still runs.
        var isOpen: Bool { state.withLock { $0.isOpen } }

        func query(_ sql: SQL) async throws(DatabaseError) -> [Row] {
            return try await inTurn { (connection) throws(DatabaseError) in
                try await connection.query(sql, until: self.database.statementDeadline)
            }
        }

        @discardableResult
        func execute(_ sql: SQL) async throws(DatabaseError) -> Int {
            return try await inTurn { (connection) throws(DatabaseError) in
                try await connection.execute(sql, until: self.database.statementDeadline)
            }
        }

        func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws {
            await turns.take()
            defer { turns.pass() }
            try admit()
            state.withLock { $0.isStreaming = true }
            defer { state.withLock { $0.isStreaming = false } }
            do {
                try await connection.stream(
                    sql, piece: piece, timeout: database.configuration.statementTimeout,
                    until: database.contextDeadline, body)
            } catch {
                note(error as? DatabaseError)
                if connection.isBusy || connection.isCancelling {
                    // The rest of the rows stands in the way of everything that could follow.
                    state.withLock { state in
                        state.failure =
                            state.failure ?? DatabaseError(.misuse, "a stream of rows was ended before its end")
                    }
                }
                throw error
            }
        }

        func savepoint<Value: Sendable>(
            _ body: (any Transaction) async throws -> Value
        ) async throws -> Value {
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
                state.withLock { $0.commitActions.removeSubrange(min(actions, $0.commitActions.count)...) }
                // A statement that was given up may still run: then the connection is reset as a whole.
                if connection.condition != .broken, !connection.isBusy, !connection.isCancelling {
                    try await undo("ROLLBACK TO apus_\(depth); RELEASE apus_\(depth)")
                }
                throw error
            }
        }

        func afterCommit(_ action: @escaping @Sendable () -> Void) {
            state.withLock { $0.commitActions.append(action) }
        }

        /// Runs `body`, and commits or rolls back. Once.
        func perform<Value: Sendable>(_ body: (any Transaction) async throws -> Value) async throws -> Value {
            let value: Value
            do {
                value = try await body(self)
            } catch {
                await end()
                defer { turns.pass() }
                await rollBack()
                throw error
            }
            await end()
            defer { turns.pass() }
            do throws(DatabaseError) {
                try await commit()
            } catch {
                await rollBack()
                throw error
            }
            return value
        }

        /// Calls what was registered by ``afterCommit(_:)``.
        func runCommitActions() {
            let actions = state.withLock { state in
                defer { state.commitActions = [] }
                return state.commitActions
            }
            for action in actions { action() }
        }

        /// Lets nobody in any more, and waits for who is. The turn is then to be passed on, for those who come too late.
        private func end() async {
            state.withLock { $0.isOpen = false }
            await turns.take()
        }

        /// Isn't ended by cancellation, and not at once by the caller's deadline: what a commit did is to be known.
        private func commit() async throws(DatabaseError) {
            if let failure = state.withLock({ $0.failure }) {
                var swallowed = failure
                swallowed.message =
                    "the transaction was rolled back, since its body swallowed an error: \(failure.message)"
                throw swallowed
            }
            let tag = try await connection.command("COMMIT", until: max(patience, database.statementDeadline))
            guard tag == "COMMIT" else {
                throw DatabaseError(.serializationFailure, "the server rolled the transaction back instead: \(tag)")
            }
        }

        /// If it doesn't succeed, the pool resets or closes the connection, which rolls back too.
        private func rollBack() async {
            guard connection.condition == .dirty, !connection.isBusy, !connection.isCancelling else { return }
            do throws(DatabaseError) {
                try await connection.command("ROLLBACK", until: patience)
            } catch {
                connection.isLost = true
            }
        }

        /// Until when a server that is well has answered.
        private var patience: Instant { Instant.now.advanced(by: database.configuration.pool.validationTimeout) }

        private func undo(_ text: String) async throws(DatabaseError) {
            await turns.take()
            defer { turns.pass() }
            try await connection.command(text, until: patience)
            state.withLock { $0.failure = nil }
        }

        private func command(_ text: String) async throws(DatabaseError) {
            try await inTurn { (connection) throws(DatabaseError) in
                _ = try await connection.command(text, until: self.database.statementDeadline)
            }
        }

        private func inTurn<Value>(
            _ work: (PostgresConnection) async throws(DatabaseError) -> Value
        ) async throws(DatabaseError) -> Value {
            guard !state.withLock({ $0.isStreaming }) else {
                throw DatabaseError(.misuse, "the transaction's rows are being streamed; nothing else runs meanwhile")
            }
            await turns.take()
            defer { turns.pass() }
            try admit()
            do throws(DatabaseError) {
                return try await work(connection)
            } catch {
                note(error)
                throw error
            }
        }

        private func admit() throws(DatabaseError) {
            guard isOpen else { throw DatabaseError(.closed, "the transaction has ended") }
            try StatementAdmission.check(at: .now)
            guard !connection.isBusy, !connection.isCancelling, !connection.isLost else {
                throw state.withLock { $0.failure } ?? DatabaseError(.closed, "the transaction has failed")
            }
        }

        /// Keeps the first error that the server answers for.
        private func note(_ error: DatabaseError?) {
            guard let error, error.engineCode != nil || error.mayHaveRun || connection.isLost else { return }
            // Values that don't fit are refused before anything is sent.
            guard connection.isBusy || connection.isLost || connection.hasFailedTransaction else { return }
            state.withLock { $0.failure = $0.failure ?? error }
        }
    }
#endif
