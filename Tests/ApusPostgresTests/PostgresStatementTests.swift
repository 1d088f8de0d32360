// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("Prepared statements of a PostgreSQL connection")
    struct PostgresStatementTests {
        private let one = PoolConfiguration(maxOpen: 1, maxIdle: 1)

        @Test("a statement that isn't valid does no harm to those after it, also when others were retired with it")
        func invalid() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one, statementCacheSize: 2))
            let backend: Int? = try await backend(database)
            for number in 0..<10 {
                #expect(try await database.value(SQL(raw: "SELECT \(number)")) == number)
                let error = try await databaseError { _ = try await database.query(SQL(raw: "SELECT x\(number)")) }
                #expect(error.code == .syntax && error.engineCode == "42703", "\(error)")
            }
            // The connection is still the same, and nothing is left of what was prepared in vain.
            #expect(try await self.backend(database) == backend)
            let kept: Int? = try await database.value("SELECT COUNT(*) FROM pg_prepared_statements")
            #expect((kept ?? 100) <= 4)
            await database.close()
        }

        @Test("a statement whose rows can't be read is refused before it runs, each time")
        func unreadable() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a INET)")
            for _ in 0..<3 {
                let error = try await databaseError {
                    _ = try await database.query("INSERT INTO t VALUES ('127.0.0.1') RETURNING a")
                }
                #expect(error.code == .decoding, "\(error)")
            }
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            await database.close()
        }

        @Test("a batch with more texts than are kept prepared runs as often as one likes")
        func largeBatch() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one, statementCacheSize: 5))
            try await database.execute("CREATE TABLE t (a BIGINT)")
            for first in [0, 10, 5] {
                let batch = (first..<first + 20).map { SQL(raw: "INSERT INTO t VALUES (\($0))") }
                #expect(try await database.batch(batch) == [Int](repeating: 1, count: 20))
            }
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 60)
            await database.close()
        }

        @Test("somebody else forgets what was prepared: outside of transactions nobody notices")
        func forgotten() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one, statementCacheSize: 2))
            for _ in 0..<3 {
                for number in 0..<4 { #expect(try await database.value(SQL(raw: "SELECT \(number)")) == number) }
                try await database.execute("DEALLOCATE ALL")
            }
            #expect(try await database.value("SELECT 1") == 1)
            await database.close()
        }

        @Test("texts that are different bytes are different statements, however alike they look")
        func canonical() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let composed = "caf\u{E9}"
            let decomposed = "cafe\u{301}"
            for text in [composed, decomposed, composed] {
                let length: Int? = try await database.value(SQL(raw: "SELECT LENGTH('\(text)')"))
                #expect(length == text.unicodeScalars.count)
            }
            await database.close()
        }

        @Test("a stream finds out that its plan is stale and goes on with a new one")
        func staleStream() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a BIGINT)")
            try await database.execute("INSERT INTO t VALUES (1), (2)")
            func columns() async throws -> [[String]] {
                var columns: [[String]] = []
                try await database.forEachRow("SELECT * FROM t") { columns.append($0.columns.names) }
                return columns
            }
            #expect(try await columns() == [["a"], ["a"]])
            try await database.execute("ALTER TABLE t ADD COLUMN b TEXT")
            #expect(try await columns() == [["a", "b"], ["a", "b"]])
            await database.close()
        }

        @Test("a transaction whose body swallows that a stream ended early is rolled back and says why")
        func swallowedStream() async throws {
            struct Enough: Error {}
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            try await database.execute("CREATE TABLE t (a BIGINT)")
            let error = try await databaseError {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    do {
                        try await transaction.stream("SELECT generate_series(1, 1000000)", piece: 10) { _ in
                            throw Enough()
                        }
                    } catch is Enough {}
                }
            }
            #expect(error.code == .misuse && error.message.contains("swallowed"), "\(error)")
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            await database.close()
        }

        @Test("the server's own time limit is a timeout, and so is an administrator's cancellation")
        func serverTimeout() async throws {
            let database = try await SharedServer.makeDatabase(.init(pool: one))
            let error = try await databaseError {
                try await database.transaction { transaction in
                    try await transaction.execute("SET LOCAL statement_timeout = 50")
                    _ = try await transaction.query("SELECT pg_sleep(30)")
                }
            }
            #expect(error.code == .timeout && error.engineCode == "57014" && !error.mayHaveRun, "\(error)")
            await database.close()
        }

        private func backend(_ database: PostgresDatabase) async throws -> Int? {
            try await database.value("SELECT pg_backend_pid()")
        }
    }
#endif
