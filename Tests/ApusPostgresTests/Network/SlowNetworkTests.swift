// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("PostgreSQL over a slow network", .bothPlaces)
    struct SlowNetworkTests {
        @Test("keeps the promises of Database", arguments: DatabaseConformance.checks)
        func conformance(check: ConformanceCheck<any Database>) async throws {
            let pool = PoolConfiguration(acquireTimeout: .seconds(60))
            let delay = Duration.zero ... .milliseconds(3)
            try await Proxied.run(.init(delay: delay), seed: 1, .init(pool: pool)) { proxied in
                try await check.run(proxied.database)
            }
        }

        @Test("a network that stands still: deadlines hold, nothing of it keeps the next ones from working")
        func stalled() async throws {
            let pool = PoolConfiguration(
                maxOpen: 80, maxIdle: 80, validationTimeout: .milliseconds(200), acquireTimeout: .seconds(5))
            try await Proxied.run(.init(), seed: 2, .init(pool: pool, dialTimeout: .seconds(2))) { proxied in
                let database = proxied.database
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<80 { group.addTask { _ = try await database.query("SELECT pg_sleep(0.3)") } }
                    try await group.waitForAll()
                }
                #expect(database.statistics.open > 40)
                // Requests to cancel a statement are connections of their own, and will stand still as well.
                proxied.proxy.faults = .init(stallAfter: 0...0)
                proxied.proxy.pause()
                let began = ContinuousClock.now
                let errors = await withTaskGroup(of: DatabaseError?.self) { group in
                    for _ in 0..<80 {
                        group.addTask {
                            do {
                                try await within(.milliseconds(300)) { _ = try await database.query("SELECT 1") }
                                return nil
                            } catch {
                                return error as? DatabaseError
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(errors.allSatisfy { $0?.code == .timeout }, "\(errors)")
                #expect(ContinuousClock.now - began < .seconds(2))
                try await eventually("the connections are given up") { database.statistics.open == 0 }
                proxied.proxy.faults = .init()
                proxied.proxy.resume()
                try await eventually("what comes next works", within: .seconds(2)) {
                    do {
                        return try await database.value("SELECT 1") == 1
                    } catch let error as DatabaseError where error.isOfTheNetwork {
                        return false
                    }
                }
                proxied.proxy.cutAll()
            }
        }
    }
#endif
