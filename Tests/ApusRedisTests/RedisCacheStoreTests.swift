// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCache
    import ApusCore
    import ApusResilience
    import ApusTesting
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("The second level on Redis")
    struct RedisCacheStoreTests {
        private let time = Duration.seconds(5)

        @Test("keeps the promises of CacheStore", arguments: CacheStoreConformance.checks)
        func conformance(check: ConformanceCheck<any CacheStore>) async throws {
            try await withRedis { _, client in try await check.run(try RedisCacheStore(client)) }
        }

        @Test("a lease that is older than the marks live is refused, and so is one for other tags")
        func oldLease() async throws {
            try await withServer { server in
                let clock = ManualClock()
                let client = try RedisClient(server.configuration(), group: .singleton, time: clock.timeSource)
                let store = try RedisCacheStore(client)
                let lease = try await store.read("a", tags: [], within: time).lease
                let item = CacheStoreItem(bytes: [1], timeToLive: .seconds(60))
                var tagged = item
                tagged.tags = ["x"]
                let isTaggedStored = try await store.fill("a", tagged, lease: lease, within: time)
                clock.advance(by: .seconds(60))
                let isStored = try await store.fill("a", item, lease: lease, within: time)
                #expect(!isTaggedStored && !isStored)
                client.shutdown()
            }
        }

        @Test("a full server still removes; a crash is told to subscribers, a dead one costs nothing")
        func failures() async throws {
            try await withRedis { server, client in
                let store = try RedisCacheStore(client)
                let heard = Journal<CacheStoreEvent>()
                let subscription = store.subscribe { heard.append($0) }
                try await eventually("connected") { heard.entries == [.connected] }
                try await store.write("a", CacheStoreItem(bytes: [1], timeToLive: nil), within: time)
                try await client.command("CONFIG", "SET", "maxmemory", "1")
                let unmarked = await #expect(throws: CacheError.self) {
                    try await store.remove(.keys(["a"]), announcing: ["news"], within: time)
                }
                #expect(unmarked?.code == .full, "a lease of before may still be good")
                #expect(try await store.read("a", tags: [], within: time).item == nil)
                try await eventually("told before and after") {
                    heard.entries == [.connected, .message("news"), .message("news")]
                }
                let full = await #expect(throws: CacheError.self) {
                    try await store.write("a", CacheStoreItem(bytes: [1], timeToLive: nil), within: time)
                }
                #expect(full?.code == .full)
                try await server.crash()
                try await eventually("disconnected") { heard.entries.last == .disconnected }
                for _ in 0..<20 {
                    await #expect(throws: CacheError.self) { try await store.read("a", tags: [], within: time) }
                }
                #expect(!store.health.isOK && store.failures.rejected > 0)
                try server.launch()
                try await eventually("connected again") { heard.entries.suffix(2) == [.disconnected, .connected] }
                subscription.cancel()
            }
        }

        @Test("a value of 100 MB is refused")
        func large() async throws {
            let client = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
            let store = try RedisCacheStore(client)
            let item = CacheStoreItem(bytes: [UInt8](repeating: 0, count: 100_000_000), timeToLive: nil)
            let error = await #expect(throws: CacheError.self) { try await store.write("a", item, within: time) }
            #expect(error?.code == .tooLarge)
        }

        @Test("keeps an item under its key and namespace, for the time to live")
        func format() async throws {
            try await withRedis { _, client in
                let store = try RedisCacheStore(client)
                let item = CacheStoreItem(bytes: Array("Ada".utf8), timeToLive: .seconds(100))
                try await store.write("user:1", item, within: time)
                let stored = try await client.command("GET", "cache:user:1").string
                #expect(stored?.hasPrefix("V") == true && stored?.hasSuffix("\nAda") == true, "\(stored ?? "nothing")")
                let left = try await client.command("PTTL", "cache:user:1").integer ?? 0
                #expect((90_000...100_000).contains(left))
            }
        }

        @Test("a full server still removes by tag, and everything, and says that leases may still be good")
        func fullRemovals() async throws {
            try await withRedis { _, client in
                let store = try RedisCacheStore(client)
                let tagged = CacheStoreItem(bytes: [1], timeToLive: nil, tags: ["t"])
                for removal in [CacheRemoval.tag("t"), .all] {
                    try await store.write("a", tagged, within: time)
                    try await client.command("CONFIG", "SET", "maxmemory", "1")
                    let error = await #expect(throws: CacheError.self) { try await store.remove(removal, within: time) }
                    #expect(error?.code == .full)
                    #expect(try await store.read("a", tags: [], within: time).item == nil)
                    try await client.command("CONFIG", "SET", "maxmemory", "0")
                }
            }
        }

        @Test("removing everything ends within the time that it is given")
        func everythingInTime() async throws {
            try await withRedis { server, client in
                let store = try RedisCacheStore(client)
                try await client.ping()
                server.pause()
                let began = Instant.now
                let error = await #expect(throws: CacheError.self) {
                    try await store.remove(.all, within: .milliseconds(50))
                }
                #expect(error?.code == .timeout)
                #expect(began.duration(to: .now) < .seconds(2))
                server.resume()
            }
        }

        @Test("removing everything leaves the keys of others, and a store without a namespace is refused")
        func everything() async throws {
            try await withRedis { _, client in
                var configuration = RedisCacheConfiguration()
                configuration.namespace = "a*[b:"
                let store = try RedisCacheStore(client, configuration)
                try await client.set("aXb:1", [1])
                let item = CacheStoreItem(bytes: [1], timeToLive: nil)
                for index in 0..<2_500 { try await store.write("\(index)", item, within: time) }
                try await store.remove(.all, within: time)
                // That of the other, and the mark of the removal.
                #expect(try await client.command("DBSIZE") == .integer(2))
                #expect(try await client.get("aXb:1") == [1])
                configuration.namespace = ""
                #expect(throws: InvalidConfiguration.self) { try RedisCacheStore(client, configuration) }
            }
        }

        @Test("a server that answers reads with errors of its own opens the breaker")
        func loading() async throws {
            let server = try await FakeServer.start { text in
                text.contains("MGET")
                    ? .bytes("-LOADING Redis is loading the dataset in memory\r\n:-2\r\n") : .bytes("+PONG\r\n")
            }
            let client = try server.client()
            var configuration = RedisCacheConfiguration()
            configuration.breaker.consecutiveFailures = 1
            let store = try RedisCacheStore(client, configuration)
            let error = await #expect(throws: CacheError.self) {
                try await store.read("k", tags: [], within: .seconds(5))
            }
            #expect(error?.code == .unavailable)
            #expect(store.guarded.breaker.snapshot.phase == .open && store.failures.failures == 1)
            client.shutdown()
            try await server.stop()
        }

        @Test("a caller in a hurry doesn't open the breaker, a server that hangs does")
        func hurry() async throws {
            try await withRedis { server, client in
                var configuration = RedisCacheConfiguration()
                configuration.breaker.consecutiveFailures = 1
                configuration.breaker.openDuration = .milliseconds(100)
                let store = try RedisCacheStore(client, configuration)
                _ = try await store.read("k", tags: [], within: time)
                server.pause()
                let context = CallContext(deadline: .now.advanced(by: .milliseconds(10)))
                await CallContext.$current.withValue(context) {
                    let error = await #expect(throws: CacheError.self) {
                        try await store.read("k", tags: [], within: time)
                    }
                    #expect(error?.code == .timeout)
                }
                #expect(store.guarded.breaker.snapshot.phase == .closed)
                await #expect(throws: CacheError.self) {
                    try await store.read("k", tags: [], within: .milliseconds(10))
                }
                #expect(store.guarded.breaker.snapshot.phase == .open && !store.health.isOK)
                let rejected = await #expect(throws: CacheError.self) {
                    try await store.read("k", tags: [], within: time)
                }
                #expect(rejected?.code == .unavailable && store.failures.rejected == 1)
                server.resume()
                try await eventually("healthy again") {
                    do throws(CacheError) {
                        _ = try await store.read("k", tags: [], within: time)
                    } catch {
                        return false
                    }
                    return store.health.isOK
                }
            }
        }
    }
#endif
