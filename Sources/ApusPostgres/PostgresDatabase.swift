// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    public import ApusSQL

    /// A PostgreSQL database through libpq: a pool of connections, statements prepared once on each, binary values.
    ///
    /// A statement is written and read on the thread of the task that runs it; a task on an event loop stays there. A
    /// statement whose task is cancelled or whose deadline passes fails at once; the server is asked to stop it, and its
    /// connection is used again when that is certain.
    ///
    /// Nothing is sent twice that may have run. A statement outside a transaction goes to another connection if it is
    /// certain that it was not sent, or that the server refused it since its prepared form was out of date.
    public final class PostgresDatabase: PooledDatabase {
        /// How it was opened.
        public let configuration: PostgresConfiguration
        let pool: ConnectionPool
        let string: ConnectionString

        /// How often something that wasn't sent is tried on another connection.
        static let attempts = 3

        /// A database that connects when it is first used.
        ///
        /// - Parameter url: `postgres://user:password@host:5432/database?sslmode=…`, as libpq reads it: several hosts and
        ///   every parameter that it knows.
        /// - Throws: `cannotOpen` for a URL that isn't valid; `misuse` naming every problem of `configuration`.
        public static func open(
            url: String, configuration: PostgresConfiguration = .init()
        ) throws(DatabaseError) -> PostgresDatabase {
            let problems = configuration.validate()
            guard problems.isEmpty else {
                throw DatabaseError(.misuse, "PostgresConfiguration: \(InvalidConfiguration(problems))")
            }
            let string = try ConnectionString(url: url, configuration: configuration)
            let dialer = PostgresDialer(
                string: string, statementCacheSize: configuration.statementCacheSize)
            let pool = try ConnectionPool(
                configuration: configuration.pool, report: configuration.report
            ) { await dialer.dial().map { $0 } }
            return PostgresDatabase(configuration: configuration, pool: pool, string: string)
        }

        private init(configuration: PostgresConfiguration, pool: ConnectionPool, string: ConnectionString) {
            self.configuration = configuration
            self.pool = pool
            self.string = string
        }

        /// PostgreSQL's.
        public var dialect: Dialect { .postgres }

        /// Connects, and opens the configured number of idle connections in the background.
        ///
        /// - Throws: `cannotOpen` if the server can't be reached or refuses.
        public func warmUp() async throws(DatabaseError) {
            pool.warmUp()
            pool.giveBack(try await pool.take(at: CallSite(), until: contextDeadline))
        }

        /// What the pool holds and did, for metrics.
        public var statistics: PoolStatistics { pool.statistics }

        /// How the pool does, for a health check.
        public var health: PoolHealth { pool.health }

        /// Runs one statement on a connection of the pool, as ``SQLExecutor/query(_:)``.
        public func query(_ sql: SQL) async throws(DatabaseError) -> [Row] {
            return try await run { (connection, deadline) throws(DatabaseError) in
                try await connection.query(sql, until: deadline)
            }
        }

        /// As ``query(_:)``, for the number of rows that changed.
        @discardableResult
        public func execute(_ sql: SQL) async throws(DatabaseError) -> Int {
            return try await run { (connection, deadline) throws(DatabaseError) in
                try await connection.execute(sql, until: deadline)
            }
        }

        /// One pipeline: a single round trip once the statements are prepared.
        @discardableResult
        public func batch(_ statements: [SQL]) async throws(DatabaseError) -> [Int] {
            if statements.isEmpty { return [] }
            return try await run { (connection, deadline) throws(DatabaseError) in
                try await connection.batch(statements, until: deadline)
            }
        }

        /// Waits for what is in use, then closes all connections.
        public func close() async {
            await pool.close()
        }

        /// The caller's own deadline.
        var contextDeadline: Instant { CallContext.currentDeadline ?? .distantFuture }

        /// When a statement that begins now is given up.
        var statementDeadline: Instant {
            if LongStatements.areAllowed { return contextDeadline }
            return min(contextDeadline, Instant.now.advanced(by: configuration.statementTimeout))
        }

        /// A place for the report of a leak, where the caller's isn't known.
        private static let statement = CallSite(fileID: "a statement", line: 0)

        private func run<Value: Sendable>(
            _ work: (PostgresConnection, Instant) async throws(DatabaseError) -> Value
        ) async throws(DatabaseError) -> Value {
            try admit()
            var attempt = 1
            while true {
                let loan = try await pool.take(at: Self.statement, until: contextDeadline)
                do throws(DatabaseError) {
                    let value = try await work(loan.postgres, statementDeadline)
                    pool.giveBack(loan)
                    return value
                } catch {
                    finish(loan, after: error)
                    guard error.wasRefusedUnread, attempt < Self.attempts else { throw error }
                    attempt += 1
                }
            }
        }

        /// Refuses what may not begin.
        func admit() throws(DatabaseError) {
            try StatementAdmission.check(at: .now)
            guard !PostgresTransaction.enclosing.contains(where: { $0.database === self && $0.isOpen }) else {
                throw DatabaseError(
                    .misuse,
                    "inside a transaction use the transaction that was passed, or all connections may wait for each other"
                )
            }
        }

        /// Gives a connection back on which something failed.
        func finish(_ loan: PoolLoan, after error: DatabaseError) {
            let isFailover = error.code == .readOnly && loan.postgres.refusesWrites
            if isFailover { pool.evictAll() }
            pool.giveBack(loan)
        }
    }

    extension DatabaseError {
        /// Whether it is certain that the server didn't run the statement, for a reason that another connection, or preparing
        /// it anew, mends.
        var wasRefusedUnread: Bool {
            code == .connectionLost && !mayHaveRun || isStalePlan
        }
    }
#endif
