// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("PostgreSQL that goes away and comes back", .serialized, .bothPlaces)
    struct PostgresRestartTests {
        @Test(
            "a restart under load: typed errors, nothing acknowledged is lost or done twice, recovery within 2 s",
            arguments: [PostgresServer.Ending.fast, .immediate])
        func restart(ending: PostgresServer.Ending) async throws {
            // Commits must survive the crash that `immediate` is.
            let server = try PostgresServer(settings: ["synchronous_commit=on"])
            let database = try await server.makeDatabase(.init(pool: .init(maxOpen: 10, maxIdle: 10)))
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)")
            let load = Load()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        await load.run(on: database)
                    }
                }
                try await eventually("the load runs") { load.outcome.succeeded > 200 }
                server.stop(ending)
                try server.start()
                let back = ContinuousClock.now
                let before = load.outcome.succeeded
                try await eventually("it has recovered", within: .seconds(2)) {
                    load.outcome.succeeded > before + 200
                }
                #expect(ContinuousClock.now - back < .seconds(2))
                load.end()
                try await group.waitForAll()
            }
            let result = load.outcome
            // At most one statement per connection was under way. Nobody else, waiting or idle, sees an error.
            #expect(result.errors.count <= 10, "\(result.errors.map(\.code))")
            #expect(result.errors.allSatisfy { $0.code == .connectionLost && $0.mayHaveRun })
            var stored: Set<Int> = []
            try await database.forEachRow("SELECT id FROM t") { stored.insert(try $0[0]) }
            #expect(result.acknowledged.isSubset(of: stored))
            #expect(stored.subtracting(result.acknowledged).isSubset(of: result.doubtful))
            await database.close()
        }

        @Test("during an outage callers fail typed within the acquire timeout, dials are few, health says so")
        func outage() async throws {
            let server = try PostgresServer()
            let pool = PoolConfiguration(acquireTimeout: .milliseconds(500))
            let database = try await server.makeDatabase(.init(pool: pool))
            server.stop(.immediate)
            let dials = database.statistics.dials
            let began = ContinuousClock.now
            let errors = await withTaskGroup(of: DatabaseError?.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        do throws(DatabaseError) {
                            _ = try await database.query("SELECT 1")
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(ContinuousClock.now - began < .seconds(3))
            #expect(errors.allSatisfy { $0?.code == .cannotOpen && $0?.mayHaveRun == false })
            #expect(database.statistics.dials - dials < 15)
            #expect(database.health != .up)
            try server.start()
            // A pause between dials may be longer than this acquire timeout.
            try await eventually("it has recovered", within: .seconds(2)) {
                do {
                    return try await database.value("SELECT 1") == 1
                } catch let error as DatabaseError where error.code == .cannotOpen {
                    return false
                }
            }
            #expect(database.health == .up)
            await database.close()
        }

        @Test("a server that has become read-only is left by all connections")
        func readOnly() async throws {
            let server = try PostgresServer()
            let database = try await server.makeDatabase()
            try await database.execute("CREATE TABLE t (a BIGINT)")
            let old: Int? = try await database.value("SELECT pg_backend_pid()")
            try await database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            _ = try await database.query("SELECT pg_reload_conf()")
            try await eventually("the server is read-only") {
                try await database.value("SHOW default_transaction_read_only") == "on"
            }
            let error = try await databaseError { try await database.execute("INSERT INTO t VALUES (1)") }
            #expect(error.code == .readOnly)
            #expect(try await database.value("SELECT pg_backend_pid()") != old)
            await database.close()
        }
    }
#endif
