// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCache
    import ApusCore
    import ApusTesting
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("Redis over a slow network")
    struct SlowNetworkTests {
        private let faults = ProxyFaults(delay: .zero ... .milliseconds(3))

        @Test("the second level keeps the promises of CacheStore", arguments: CacheStoreConformance.checks)
        func store(check: ConformanceCheck<any CacheStore>) async throws {
            try await Proxied.run(faults, seed: 1) { proxied in
                try await check.run(try RedisCacheStore(proxied.client))
            }
        }

        @Test(
            "a cache in two levels keeps the promises of Cache",
            arguments: CacheConformance.checks + CacheConformance.policies)
        func cache(check: ConformanceCheck<any Cache>) async throws {
            try await Proxied.run(faults, seed: 2) { proxied in
                let cache = try TieredCache(
                    store: RedisCacheStore(proxied.client), configuration: .init(budget: .seconds(10)))
                // What is in memory then is let go of.
                try await eventually("it hears messages") { cache.isConnected }
                try await check.run(cache)
                await cache.shutdown()
            }
        }

        @Test("a network that stands still: deadlines hold, the connection is given up, the next one works")
        func stalled() async throws {
            try await Proxied.run(
                .init(), seed: 3,
                configure: {
                    $0.connections = 1
                    $0.unresponsiveTimeout = .milliseconds(100)
                    $0.connectTimeout = .milliseconds(200)
                }
            ) { proxied in
                try await proxied.client.ping()
                proxied.proxy.pause()
                let began = Instant.now
                for _ in 0..<5 {
                    let error = try await failure { () throws(RedisError) in
                        try await proxied.client.get("k", deadline: .now.advanced(by: .milliseconds(50)))
                    }
                    #expect(error.isOfTheNetwork, "\(error)")
                }
                #expect(began.duration(to: .now) < .seconds(1))
                try await eventually("given up") { proxied.client.statistics.lostConnections == 1 }
                #expect(!proxied.client.health.isOK)
                proxied.proxy.resume()
                try await eventually("works again", within: .seconds(2)) {
                    do {
                        return try await proxied.client.get("k") == nil
                    } catch let error as RedisError where error.isOfTheNetwork {
                        return false
                    }
                }
            }
        }
    }
#endif
