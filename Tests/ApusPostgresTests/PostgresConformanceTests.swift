// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("PostgreSQL keeps the promises of Database", .bothPlaces)
    struct PostgresConformanceTests {
        @Test("on a real server", arguments: DatabaseConformance.checks)
        func server(check: ConformanceCheck<any Database>) async throws {
            let database = try await SharedServer.makeDatabase()
            try await check.run(database)
            await database.close()
        }

        @Test("with two connections", arguments: DatabaseConformance.checks)
        func fewConnections(check: ConformanceCheck<any Database>) async throws {
            let pool = PoolConfiguration(maxOpen: 2, maxIdle: 2, acquireTimeout: .seconds(60))
            let database = try await SharedServer.makeDatabase(.init(pool: pool))
            try await check.run(database)
            await database.close()
        }
    }
#endif
