// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("Migrations of instances that start at once on one PostgreSQL")
    struct PostgresMigrationTests {
        private static let count = 20
        /// Each fails if it runs twice.
        private let list = Migrations(
            (1...count).map { number in
                Migration(
                    "\(number + 1000)_step", "CREATE TABLE t\(number) (id BIGINT PRIMARY KEY)",
                    "INSERT INTO t\(number) VALUES (1)")
            })

        @Test("ten with a pool of their own run each once, and all of them find the whole schema")
        func instances() async throws {
            let databases = try await instances(10)
            let list = list
            let ran = try await withThrowingTaskGroup(of: [String].self) { group in
                for database in databases {
                    group.addTask {
                        let names = try await list.run(on: database)
                        _ = try await database.query("SELECT * FROM t1, t\(raw: "\(Self.count)")")
                        return names
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ran.sorted() == list.migrations.map(\.name))
            for database in databases { await database.close() }
        }

        @Test("one that is killed in the middle leaves the rest to another, which runs each once")
        func killed() async throws {
            let databases = try await instances(2)
            let slow = Migration("1001_step", "CREATE TABLE half (id BIGINT)", "SELECT pg_sleep(30)")
            let first = Task { _ = try await Migrations([slow]).run(on: databases[0]) }
            let sleeping: SQL = """
                SELECT pid FROM pg_stat_activity
                WHERE query = 'SELECT pg_sleep(30)' AND application_name = 'apus-killed'
                """
            var victim: Int?
            try await eventually("it runs") {
                victim = try await databases[1].value(sleeping)
                return victim != nil
            }
            let list = list
            let second = Task { try await list.run(on: databases[1]) }
            _ = try await databases[1].query("SELECT pg_terminate_backend(\(victim))")
            let error = try await databaseError { try await first.value }
            #expect(error.code == .connectionLost && error.message.contains("1001_step"), "\(error)")
            #expect(try await second.value == list.migrations.map(\.name))
            let half = try await databaseError { _ = try await databases[1].query("SELECT * FROM half") }
            #expect(half.code == .syntax)
            for database in databases { await database.close() }
        }

        @Test("a migration may take longer than a statement of a request, and so may waiting for it")
        func long() async throws {
            let databases = try await instances(3, timeout: .milliseconds(500))
            let slow = Migrations([Migration("0001_slow", "CREATE TABLE slow (id BIGINT)", "SELECT pg_sleep(1.2)")])
            let ran = try await withThrowingTaskGroup(of: [String].self) { group in
                for database in databases { group.addTask { try await slow.run(on: database) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ran == ["0001_slow"])
            let error = try await databaseError { _ = try await databases[0].query("SELECT pg_sleep(30)") }
            #expect(error.code == .timeout)
            for database in databases { await database.close() }
        }

        @Test("one that can't run in a transaction runs once too, and what comes after it waits for it")
        func outsideTransaction() async throws {
            let databases = try await instances(5)
            let list = Migrations([
                Migration("0001_table", "CREATE TABLE t (a BIGINT)", "INSERT INTO t SELECT generate_series(1, 1000)"),
                Migration("0002_index", outsideTransaction: "CREATE INDEX CONCURRENTLY t_a ON t (a)"),
                Migration("0003_after", "ALTER INDEX t_a RENAME TO t_a_2"),
            ])
            let ran = try await withThrowingTaskGroup(of: [String].self) { group in
                for database in databases { group.addTask { try await list.run(on: database) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ran.sorted() == list.migrations.map(\.name))
            let isValid: SQL = "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a_2'::regclass"
            #expect(try await databases[0].value(isValid) == true)

            let broken = Migrations(
                list.migrations + [Migration("0004_broken", outsideTransaction: "CREATE INDEX CONCURRENTLY b ON t (b)")]
            )
            let error = try await databaseError { try await broken.run(on: databases[0]) }
            #expect(error.code == .syntax && error.message.contains("0004_broken"), "\(error)")
            #expect(try await broken.plan(on: databases[1]).pending.map(\.name) == ["0004_broken"])
            for database in databases { await database.close() }
        }

        /// Databases on one empty schema, each with connections of its own.
        private func instances(_ count: Int, timeout: Duration = .seconds(30)) async throws -> [PostgresDatabase] {
            let server = try SharedServer.get()
            let schema = server.newSchemaName()
            let databases = try (0..<count).map { _ in
                try PostgresDatabase.open(
                    url: server.url(schema: schema),
                    configuration: .init(
                        pool: .init(maxOpen: 2, maxIdle: 2), statementTimeout: timeout, applicationName: "apus-killed"))
            }
            try await databases[0].execute(SQL(raw: "CREATE SCHEMA \(schema)"))
            return databases
        }
    }
#endif
