// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("PostgreSQL statements that are cut off", .bothPlaces)
    struct PostgresInterruptionTests {
        private let one = PoolConfiguration(maxOpen: 1, maxIdle: 1)

        @Test("a deadline ends a statement on the server too, and the connection is used again")
        func deadline() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let before = try await backend(database)
            let began = ContinuousClock.now
            let error = try await databaseError {
                let context = CallContext(deadline: Instant.now.advanced(by: .milliseconds(50)))
                try await CallContext.$current.withValue(context) {
                    _ = try await database.query("SELECT pg_sleep(30)")
                }
            }
            #expect(error.code == .timeout && error.mayHaveRun)
            #expect(ContinuousClock.now - began < .seconds(2))
            #expect(try await backend(database) == before)
            #expect(database.statistics.resets == 1)
            await database.close()
        }

        @Test("the statement timeout ends a statement without a deadline")
        func statementTimeout() async throws {
            let database = try await SharedServer.makeDatabase(.init(statementTimeout: .milliseconds(200)))
            let error = try await databaseError { _ = try await database.query("SELECT pg_sleep(30)") }
            #expect(error.code == .timeout)
            await database.close()
        }

        @Test("cancelling the task ends the statement on the server too")
        func cancellation() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let watcher = try await SharedServer.makeDatabase(.init(pool: one))
            let before = try await backend(database)
            let task = Task { _ = try await database.query("SELECT pg_sleep(30)") }
            let state: SQL = "SELECT state FROM pg_stat_activity WHERE pid = \(before)"
            try await eventually("it runs") { try await watcher.value(state) == "active" }
            task.cancel()
            let error = try await databaseError { try await task.value }
            #expect(error.code == .cancelled)
            try await eventually("it has ended") { try await watcher.value(state) == "idle" }
            #expect(try await backend(database) == before)
            await database.close()
            await watcher.close()
        }

        @Test("a deadline in a transaction rolls it back")
        func transaction() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a BIGINT)")
            let error = try await databaseError {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    let context = CallContext(deadline: Instant.now.advanced(by: .milliseconds(50)))
                    try await CallContext.$current.withValue(context) {
                        _ = try await transaction.query("SELECT pg_sleep(30)")
                    }
                }
            }
            #expect(error.code == .timeout)
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            await database.close()
        }

        @Test("a transaction whose body swallows an error is rolled back and says why")
        func swallowed() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a BIGINT PRIMARY KEY)")
            let error = try await databaseError {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    do { try await transaction.execute("INSERT INTO t VALUES (1)") } catch {}
                }
            }
            #expect(error.code == .uniqueViolation)
            #expect(error.message.contains("swallowed"))
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            await database.close()
        }

        @Test("a backend terminated in the middle of a query is a lost connection that may have run; the next works")
        func terminated() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let killer = try await SharedServer.makeDatabase(.init(pool: one))
            let victim = try await backend(database)
            let task = Task { _ = try await database.query("SELECT pg_sleep(30)") }
            let state: SQL = "SELECT state FROM pg_stat_activity WHERE pid = \(victim)"
            try await eventually("it runs") { try await killer.value(state) == "active" }
            _ = try await killer.query("SELECT pg_terminate_backend(\(victim))")
            let error = try await databaseError { try await task.value }
            #expect(error.code == .connectionLost && error.mayHaveRun)
            #expect(try await backend(database) != victim)
            await database.close()
            await killer.close()
        }

        @Test("a backend terminated while idle is replaced without an error")
        func terminatedIdle() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let killer = try await SharedServer.makeDatabase(.init(pool: one))
            for _ in 0..<10 {
                let victim = try await backend(database)
                _ = try await killer.query("SELECT pg_terminate_backend(\(victim), 5000)")
                #expect(try await backend(database) != victim)
            }
            await database.close()
            await killer.close()
        }

        @Test("a plan that a change of the schema made invalid is made anew, outside of transactions")
        func stalePlan() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a BIGINT)")
            try await database.execute("INSERT INTO t VALUES (1)")
            #expect(try await database.query("SELECT * FROM t").first?.columns.names == ["a"])
            try await database.execute("ALTER TABLE t ADD COLUMN b TEXT")
            #expect(try await database.query("SELECT * FROM t").first?.columns.names == ["a", "b"])
            await database.close()
        }

        @Test("more statements than are kept prepared all work, and the server forgets the surplus")
        func statementCache() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one, statementCacheSize: 5))
            for round in 0..<3 {
                for number in 0..<20 {
                    let sql = SQL(raw: "SELECT \(number) AS n") + " WHERE \(round) >= 0"
                    #expect(try await database.value(sql) == number)
                }
            }
            let kept: Int? = try await database.value("SELECT COUNT(*) FROM pg_prepared_statements")
            #expect((kept ?? 100) <= 7)
            await database.close()
        }

        private func backend(_ database: PostgresDatabase) async throws -> Int {
            try await database.value("SELECT pg_backend_pid()") ?? 0
        }
    }
#endif
