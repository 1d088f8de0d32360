// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusMessaging
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("Records of idempotent requests on PostgreSQL", .bothPlaces)
    struct PostgresIdempotencyTests {
        @Test("keep their promises", arguments: IdempotencyConformance.checks)
        func conformance(check: ConformanceCheck<IdempotencyConformance.Subject>) async throws {
            let database = try await SharedServer.makeDatabase()
            try await IdempotencyRecords.migrations.run(on: database)
            try await check.run(.init(database: database, clock: ManualClock()))
            await database.close()
        }

        @Test("don't let a second attempt wait on a connection while the first is open")
        func open() async throws {
            let database = try await makeDatabase()
            let records = try IdempotencyRecords()
            let request = try IdempotentRequest(scope: "s", key: "k", content: [])
            let gate = Gate()
            let first = Task {
                try await database.transaction { transaction in
                    try await records.once(request, in: transaction) {
                        await gate.wait()
                        return StoredAnswer(status: 200)
                    }
                }
            }
            await gate.reached()
            let second = try await database.transaction { transaction in
                try await records.once(request, in: transaction) { StoredAnswer(status: 500) }
            }
            #expect(second == .inProgress(nil))
            gate.open()
            #expect(try await first.value == .done(StoredAnswer(status: 200)))
            await database.close()
        }

        @Test("are free at once when the attempt's connection is killed after its effect")
        func killed() async throws {
            let database = try await makeDatabase()
            let records = try IdempotencyRecords()
            let request = try IdempotentRequest(scope: "s", key: "k", content: [])
            let error = try await databaseError {
                try await database.transaction { transaction in
                    _ = try await records.once(request, in: transaction) {
                        try await transaction.execute("INSERT INTO effects VALUES (1)")
                        let pid: Int = try #require(try await transaction.value("SELECT pg_backend_pid()"))
                        let other = try await SharedServer.makeDatabase()
                        _ = try await other.query("SELECT pg_terminate_backend(\(pid))")
                        await other.close()
                        return StoredAnswer(status: 200)
                    }
                }
            }
            #expect(error.code == .connectionLost)
            #expect(try await database.value("SELECT COUNT(*) FROM effects") == 0)
            try await eventually("the key is free") {
                try await database.transaction { transaction in
                    try await records.once(request, in: transaction) {
                        try await transaction.execute("INSERT INTO effects VALUES (2)")
                        return StoredAnswer(status: 201)
                    }
                } == .done(StoredAnswer(status: 201))
            }
            #expect(try await database.value("SELECT COUNT(*) FROM effects") == 1)
            await database.close()
        }

        private func makeDatabase() async throws -> PostgresDatabase {
            let database = try await SharedServer.makeDatabase()
            try await IdempotencyRecords.migrations.run(on: database)
            try await database.execute("CREATE TABLE effects (id BIGINT)")
            return database
        }
    }
#endif
