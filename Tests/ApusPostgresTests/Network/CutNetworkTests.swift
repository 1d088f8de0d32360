// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("PostgreSQL over a network that is cut at random", .bothPlaces)
    struct CutNetworkTests {
        @Test(
            "a check of Database passes, or fails with a typed error of the network",
            arguments: DatabaseConformance.checks)
        func conformance(check: ConformanceCheck<any Database>) async throws {
            for seed: UInt64 in 1...3 {
                let faults = ProxyFaults(cutAfter: 1500...40_000)
                try await Proxied.run(faults, seed: seed) { proxied in
                    let database = WatchedDatabase(database: proxied.database)
                    do {
                        try await check.run(database)
                    } catch {
                        let lost = database.errors.entries.filter(\.isOfTheNetwork)
                        #expect(!lost.isEmpty, "\(check), seed \(seed): \(error)")
                    }
                    for error in database.errors.entries where error.code == .other {
                        Issue.record("\(check), seed \(seed): \(error)")
                    }
                }
            }
        }

        @Test(
            "nothing acknowledged is lost, nothing that may have run is repeated, the pool recovers",
            arguments: [1, 2, 3] as [UInt64])
        func load(seed: UInt64) async throws {
            let pool = PoolConfiguration(maxOpen: 8, maxIdle: 8)
            try await Proxied.run(.init(cutAfter: 1000...12_000), seed: seed, .init(pool: pool)) { proxied in
                try await proxied.direct.execute("CREATE TABLE entries (number BIGINT, part BIGINT)")
                let load = MixedLoad(database: proxied.database)
                await withTaskGroup(of: Void.self) { group in
                    for client in 0..<16 {
                        group.addTask {
                            await load.run(steps: 120, random: FastRandom(seed: seed * 100 + UInt64(client)))
                        }
                    }
                }
                #expect(proxied.proxy.statistics.cut >= 20)
                proxied.proxy.faults = .init()
                proxied.proxy.cutAll()
                try await eventually("no backend works any more on what was cut off") {
                    try await proxied.backends == 0
                }
                try await load.check(against: proxied.direct, "seed \(seed)")
                try await eventually("it has recovered", within: .seconds(2)) {
                    do {
                        return try await proxied.database.value("SELECT 1") == 1
                    } catch let error as DatabaseError where error.isOfTheNetwork {
                        return false
                    }
                }
                // Connections that were cut while they were idle are noticed when they are wanted.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { _ = try await proxied.database.query("SELECT pg_sleep(0.1)") } }
                    try await group.waitForAll()
                }
                try await eventually("the pool is quiet, and has the connections that there are") {
                    let now = proxied.database.statistics
                    return now.leased + now.dialing + now.resetting + now.waiting == 0
                        && now.open == proxied.proxy.statistics.open
                }
                #expect(proxied.database.health == .up)
            }
        }
    }
#endif
