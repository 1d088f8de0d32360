// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite(
        "PostgreSQL transactions whose backend is terminated, and deadlines as the server sees them", .bothPlaces)
    struct PostgresTerminationTests {
        private let one = PoolConfiguration(maxOpen: 1, maxIdle: 1)

        /// Runs `body` with a table, a database with one connection, and one that watches.
        private func withDatabases(_ body: (PostgresDatabase, PostgresDatabase) async throws -> Void) async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let watcher = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a BIGINT PRIMARY KEY)")
            try await body(database, watcher)
            await database.close()
            await watcher.close()
        }

        private func terminate(_ backend: Int?, by watcher: PostgresDatabase) async throws {
            #expect(try await watcher.value("SELECT pg_terminate_backend(\(backend), 5000)") == true)
        }

        @Test("in the middle of a statement: lost, nothing of the transaction stays, it isn't run again")
        func statement() async throws {
            try await withDatabases { database, watcher in
                let bodies = Tally()
                let backend = Journal<Int>()
                let task = Task {
                    try await database.transaction(attempts: 5) { transaction in
                        bodies.increment()
                        try await transaction.execute("INSERT INTO t VALUES (1)")
                        backend.append(try await transaction.value("SELECT pg_backend_pid()") ?? 0)
                        _ = try await transaction.query("SELECT pg_sleep(30)")
                    }
                }
                try await eventually("it runs") {
                    guard let pid = backend.entries.first else { return false }
                    let query: SQL = "SELECT query FROM pg_stat_activity WHERE pid = \(pid)"
                    return try await watcher.value(query) == "SELECT pg_sleep(30)"
                }
                try await terminate(backend.entries.first, by: watcher)
                let error = try await databaseError { try await task.value }
                #expect(error.code == .connectionLost && error.engineCode == "57P01", "\(error)")
                #expect(bodies.value == 1)
                #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            }
        }

        @Test("between two statements: the next one is lost, and a body that swallows that doesn't seem to commit")
        func between() async throws {
            try await withDatabases { database, watcher in
                let error = try await databaseError {
                    try await database.transaction { transaction in
                        try await transaction.execute("INSERT INTO t VALUES (1)")
                        let backend: Int? = try await transaction.value("SELECT pg_backend_pid()")
                        try await terminate(backend, by: watcher)
                        let lost = try await databaseError { try await transaction.execute("INSERT INTO t VALUES (2)") }
                        #expect(lost.code == .connectionLost, "\(lost)")
                        let after = try await databaseError {
                            try await transaction.execute("INSERT INTO t VALUES (3)")
                        }
                        #expect([.connectionLost, .closed].contains(after.code), "\(after)")
                    }
                }
                #expect(error.code == .connectionLost, "\(error)")
                #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
                #expect(database.statistics.open == 1)
            }
        }

        @Test("before the commit: the commit is lost, is said to be, and what is to run after it doesn't")
        func commit() async throws {
            try await withDatabases { database, watcher in
                let commits = Tally()
                let error = try await databaseError {
                    try await database.transaction { transaction in
                        transaction.afterCommit { commits.increment() }
                        try await transaction.execute("INSERT INTO t VALUES (1)")
                        let backend: Int? = try await transaction.value("SELECT pg_backend_pid()")
                        try await terminate(backend, by: watcher)
                    }
                }
                #expect(error.code == .connectionLost, "\(error)")
                #expect(commits.value == 0)
                #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            }
        }

        @Test("in a savepoint, while streaming and in a batch: lost, and the next statement works")
        func elsewhere() async throws {
            try await withDatabases { database, watcher in
                let savepoint = try await databaseError {
                    try await database.transaction { transaction in
                        try await transaction.savepoint { inner in
                            let backend: Int? = try await inner.value("SELECT pg_backend_pid()")
                            try await terminate(backend, by: watcher)
                            try await inner.execute("INSERT INTO t VALUES (1)")
                        }
                    }
                }
                #expect(savepoint.code == .connectionLost, "\(savepoint)")
                let stream = try await databaseError {
                    let rows: SQL = "SELECT pg_backend_pid(), repeat('x', 1000) FROM generate_series(1, 1000000)"
                    let terminated = Tally()
                    try await database.stream(rows, piece: 100) { rows in
                        if terminated.value == 0 {
                            terminated.increment()
                            try await terminate(try rows[0].get(0, as: Int.self), by: watcher)
                        }
                    }
                }
                #expect(stream.code == .connectionLost, "\(stream)")
                let task = Task {
                    try await database.batch(["INSERT INTO t VALUES (7)", "INSERT INTO t SELECT 8 FROM pg_sleep(30)"])
                }
                var backend: Int?
                try await eventually("the batch runs") {
                    backend = try await watcher.value(
                        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'INSERT INTO t SELECT 8%' AND state = 'active'"
                    )
                    return backend != nil
                }
                try await terminate(backend, by: watcher)
                let batch = try await databaseError { _ = try await task.value }
                #expect(batch.code == .connectionLost && batch.mayHaveRun, "\(batch)")
                #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            }
        }

        @Test("a deadline is seen by the server: query, batch, stream and transaction end there too", arguments: 0..<4)
        func deadline(kind: Int) async throws {
            try await withDatabases { database, watcher in
                let backend: Int = try #require(try await database.value("SELECT pg_backend_pid()"))
                let sleep: SQL = "SELECT pg_sleep(30)"
                let began = ContinuousClock.now
                let error = try await databaseError {
                    let context = CallContext(deadline: Instant.now.advanced(by: .milliseconds(100)))
                    try await CallContext.$current.withValue(context) {
                        switch kind {
                        case 0: _ = try await database.query(sleep)
                        case 1: try await database.batch(["INSERT INTO t VALUES (1)", sleep])
                        case 2: try await database.stream(sleep, piece: 1) { _ in }
                        default: try await database.transaction { _ = try await $0.query(sleep) }
                        }
                    }
                }
                #expect(error.code == .timeout, "\(error)")
                #expect(ContinuousClock.now - began < .seconds(2))
                // It wasn't the connection that was given up.
                try await eventually("the server has cancelled it", within: .seconds(3)) {
                    try await watcher.value("SELECT state FROM pg_stat_activity WHERE pid = \(backend)") == "idle"
                }
                #expect(try await database.value("SELECT pg_backend_pid()") == backend)
                #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            }
        }
    }
#endif
