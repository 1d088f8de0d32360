// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    public import ApusSQL

    extension PostgresDatabase {
        /// Keeps one connection until `body` ends. A commit that was sent isn't cut off by cancellation or the caller's deadline;
        /// if its answer doesn't come, the error says `mayHaveRun`.
        @discardableResult
        public func transaction<Value: Sendable>(
            isolation: Isolation, at place: CallSite, _ body: (any Transaction) async throws -> Value
        ) async throws -> Value {
            try admit()
            let (loan, transaction) = try await begin(isolation, at: place)
            do {
                let enclosing = PostgresTransaction.enclosing + [transaction]
                let value = try await PostgresTransaction.$enclosing.withValue(enclosing) {
                    try await transaction.perform(body)
                }
                pool.giveBack(loan)
                transaction.runCommitActions()
                return value
            } catch {
                if let error = error as? DatabaseError {
                    finish(loan, after: error)
                } else {
                    pool.giveBack(loan)
                }
                throw error
            }
        }

        /// Keeps one connection until the end; rows that aren't read stay at the server.
        public func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws {
            try admit()
            let place = CallSite(fileID: "stream of \(sql.text(for: .postgres).prefix(80))", line: 0)
            var attempt = 1
            var hasBegun = false
            while true {
                let loan = try await pool.take(at: place, until: contextDeadline)
                do {
                    try await loan.postgres.stream(
                        sql, piece: piece, timeout: configuration.statementTimeout, until: contextDeadline
                    ) { rows in
                        hasBegun = true
                        try await body(rows)
                    }
                    return pool.giveBack(loan)
                } catch let error as DatabaseError {
                    finish(loan, after: error)
                    guard !hasBegun, error.wasRefusedUnread, attempt < Self.attempts else { throw error }
                    attempt += 1
                } catch {
                    pool.giveBack(loan)
                    throw error
                }
            }
        }

        /// Takes a connection and begins. A connection that turns out to be dead is replaced, since nothing has run yet.
        private func begin(
            _ isolation: Isolation, at place: CallSite
        ) async throws(DatabaseError) -> (PoolLoan, PostgresTransaction) {
            var attempt = 1
            while true {
                let loan = try await pool.take(at: place, until: contextDeadline)
                do throws(DatabaseError) {
                    try await loan.postgres.command(isolation.begin, until: statementDeadline)
                    return (loan, PostgresTransaction(database: self, connection: loan.postgres))
                } catch {
                    pool.giveBack(loan)
                    var unsent = error
                    unsent.mayHaveRun = false
                    guard unsent.code == .connectionLost, attempt < Self.attempts else { throw unsent }
                    attempt += 1
                }
            }
        }
    }

    extension PostgresConnection {
        /// Runs one statement and passes its rows on in pieces. If that ends early, the server is asked to stop.
        func stream(
            _ sql: SQL, piece size: Int, timeout: Duration, until deadline: Instant,
            _ body: ([Row]) async throws -> Void
        ) async throws {
            func next() -> Instant { min(deadline, Instant.now.advanced(by: timeout)) }
            let prepared = try await beginStream(sql, until: next())
            do {
                while isBusy {
                    let rows = try await nextPiece(of: prepared, size: max(1, size), until: next())
                    if !rows.isEmpty { try await body(rows) }
                    try StatementAdmission.check(at: .now)
                }
            } catch {
                if isBusy, !isCancelling, !isLost { cancel() }
                throw error
            }
        }
    }

    extension Isolation {
        /// The statement that begins a transaction.
        fileprivate var begin: String {
            switch self {
            case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
            case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
            case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
            }
        }
    }
#endif
