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

    /// Two instances of a service, each with its own client and memory, before one real server.
    @Suite("Two instances with a cache in two levels on one Redis")
    struct TieredRedisTests {
        struct User: Codable, Sendable, Equatable {
            var id: Int
        }
        struct NewUser: Codable, Sendable, Equatable {
            var id: Int
            var name: String
        }

        private func withInstances(
            _ options: [String] = [], budget: Duration = .seconds(5),
            _ body: (RedisServer, RedisClient, TieredCache, TieredCache) async throws -> Void
        ) async throws {
            try await withServer(options) { server in
                let clients = try [server.client(), server.client()]
                var redis = RedisCacheConfiguration()
                redis.breaker.openDuration = .milliseconds(100)
                redis.breaker.maximumOpenDuration = .milliseconds(200)
                let caches = try clients.map {
                    try TieredCache(store: RedisCacheStore($0, redis), configuration: .init(budget: budget))
                }
                try await eventually("both hear messages") { caches.allSatisfy(\.isConnected) }
                try await body(server, clients[0], caches[0], caches[1])
                for cache in caches { await cache.shutdown() }
                for client in clients { client.shutdown() }
            }
        }

        /// Both have `old` under `a` in memory.
        private func fill(_ one: TieredCache, _ other: TieredCache) async throws {
            try await one.set("a", "old", policy: .init(tags: ["letters"]))
            try await eventually("the other has it") { try await other.get("a") == "old" }
            // The message about the change may come after the first read.
            try await eventually("it has heard of it") { other.statistics.invalidations >= 1 }
            #expect(try await other.get("a") == "old")
        }

        @Test("keep the promises of Cache", arguments: CacheConformance.checks + CacheConformance.policies)
        func conformance(check: ConformanceCheck<any Cache>) async throws {
            try await withInstances { _, _, one, _ in try await check.run(one) }
        }

        @Test("a dead server from the start: loads are made, changes throw at once, and soon nothing is asked of it")
        func dead() async throws {
            let client = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
            let store = try RedisCacheStore(client)
            let cache = try TieredCache(store: store)
            let began = Instant.now
            for index in 0..<20 {
                #expect(try await cache.getOrLoad("k\(index)") { index } == index)
                #expect(try await cache.get("none\(index)", as: Int.self) == nil)
                let error = await #expect(throws: CacheError.self) { try await cache.set("s\(index)", index) }
                #expect(error?.code == .unavailable)
            }
            // Less than any time-out; the rest is for a busy machine.
            #expect(began.duration(to: .now) < .seconds(5))
            #expect(store.failures.rejected > 0 && !store.health.isOK)
            await cache.shutdown()
            client.shutdown()
        }

        @Test("a server that hangs costs a hundred loads few budgets")
        func hangs() async throws {
            try await withServer { server in
                let client = try server.client()
                var redis = RedisCacheConfiguration()
                redis.breaker.consecutiveFailures = 3
                redis.breaker.openDuration = .milliseconds(200)
                let store = try RedisCacheStore(client, redis)
                let cache = try TieredCache(store: store, configuration: .init(budget: .milliseconds(50)))
                // A warm connection: the budget is for answers.
                try await client.ping()
                try await eventually("it hears messages") { cache.isConnected }
                server.pause()
                let began = Instant.now
                for index in 0..<100 { #expect(try await cache.getOrLoad("k\(index)") { index } == index) }
                // 3 budgets until the breaker opens, not a hundred; room for some probes and a busy machine.
                #expect(began.duration(to: .now) < .milliseconds(3_500))
                #expect(store.failures.timeouts >= 3 && store.failures.rejected > 80)
                server.resume()
                try await eventually("stores again") {
                    _ = try await cache.getOrLoad("new") { 1 }
                    do throws(CacheError) {
                        let other = try await store.read("new", tags: [], within: .seconds(5))
                        if other.item == nil { try await cache.remove("new") }
                        return other.item != nil
                    } catch {
                        // The breaker is still open.
                        guard error.code == .unavailable else { throw error }
                        return false
                    }
                }
                await cache.shutdown()
                client.shutdown()
            }
        }

        @Test("agree after a change in one", arguments: [0, 1, 2, 3])
        func change(kind: Int) async throws {
            try await withInstances { _, _, one, other in
                try await fill(one, other)
                switch kind {
                case 0: try await one.set("a", "new")
                case 1: try await one.remove("a")
                case 2: try await one.removeAll(tagged: "letters")
                default: try await one.removeAll()
                }
                try await eventually("the other has heard of it") {
                    try await other.get("a", as: String.self) == (kind == 0 ? "new" : nil)
                }
                #expect(try await other.getOrLoad("a") { "loaded" } == (kind == 0 ? "new" : "loaded"))
                try await eventually("the first finds what the other loaded") {
                    try await one.get("a", as: String.self) == (kind == 0 ? "new" : "loaded")
                }
            }
        }

        @Test("agree in the end when both change the same keys at once")
        func contention() async throws {
            try await withInstances { _, client, one, other in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (offset, cache) in [one, other].enumerated() {
                        for key in 0..<5 {
                            group.addTask {
                                for round in 0..<40 {
                                    switch round % 4 {
                                    case 0: try await cache.set("k\(key)", round * 2 + offset)
                                    case 1: _ = try await cache.getOrLoad("k\(key)") { -1 }
                                    case 2: _ = try await cache.get("k\(key)", as: Int.self)
                                    default: try await cache.remove("k\((key + 1) % 5)")
                                    }
                                }
                                try await cache.set("k\(key)", 1_000 + offset)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let third = try TieredCache(store: RedisCacheStore(client))
                for key in 0..<5 {
                    try await eventually("both have what Redis has under k\(key)") {
                        let stored = try await third.get("k\(key)", as: Int.self)
                        let (left, right) = (
                            try await one.get("k\(key)", as: Int.self), try await other.get("k\(key)", as: Int.self)
                        )
                        return left == stored && right == stored
                    }
                }
                await third.shutdown()
            }
        }

        @Test("a server that hangs: a change throws within the budget, and nobody shows the old value once it is back")
        func paused() async throws {
            try await withInstances(budget: .milliseconds(100)) { server, _, one, other in
                try await eventually("filled within the budget") {
                    do { try await one.set("a", "old") } catch { return false }
                    return try await other.get("a") == "old"
                }
                server.pause()
                let began = Instant.now
                await #expect(throws: CacheError.self) { try await one.remove("a") }
                for _ in 0..<20 { #expect(try await one.getOrLoad("a", timeToLive: .zero) { "new" } == "new") }
                // Two or three budgets until the breaker opens, one for each of its probes.
                #expect(began.duration(to: .now) < .seconds(2))
                #expect(one.statistics.pendingRemovals == 1)
                server.resume()
                try await eventually("made up for, and heard of") {
                    _ = try await one.get("b", as: Int.self)
                    return try await other.get("a", as: String.self) == nil && one.statistics.pendingRemovals == 0
                }
                #expect(try await one.get("a", as: String.self) == nil)
            }
        }

        @Test("a server that dies and comes back: nobody shows the old value then, and both share again")
        func crashed() async throws {
            try await withInstances { server, _, one, other in
                try await fill(one, other)
                try await server.crash()
                await #expect(throws: CacheError.self) { try await one.set("a", "new") }
                // Nothing, once it has heard that the connection is gone and has let go of what it held.
                #expect(try await one.get("a", as: String.self) != "old")
                try await eventually("the other knows that it hears nothing") { !other.isConnected }
                #expect(try await other.getOrLoad("a") { "alone" } == "alone")
                try server.launch()
                try await server.answers()
                try await eventually("both hear messages") { one.isConnected && other.isConnected }
                try await eventually("what didn't reach the server has been made up for") {
                    _ = try await one.get("b", as: Int.self)
                    return one.statistics.pendingRemovals == 0
                }
                try await eventually("both share again") {
                    do { try await one.set("a", "newest") } catch { return false }
                    return try await other.get("a") == "newest"
                }
                #expect(other.statistics.remoteFailures > 0)
            }
        }

        @Test("a full server: a change throws, loads go on, and the other instance doesn't keep the old value")
        func full() async throws {
            try await withInstances { _, client, one, other in
                try await fill(one, other)
                try await client.command("CONFIG", "SET", "maxmemory", "1")
                let error = await #expect(throws: CacheError.self) { try await one.set("a", "new") }
                #expect(error?.code == .full)
                try await eventually("the other has heard of it") {
                    #expect(try await one.getOrLoad("b") { 1 } == 1)
                    return try await other.get("a", as: String.self) == nil
                }
                // A load of before may still be stored when there is room again.
                #expect(one.statistics.pendingRemovals == 1)
                try await client.command("CONFIG", "SET", "maxmemory", "0")
                try await eventually("made up for") { one.statistics.pendingRemovals == 0 }
                try await one.set("a", "newer")
                try await eventually("both share again") { try await other.get("a") == "newer" }
            }
        }

        @Test("a full server: what was loaded before a removal doesn't stay when there is room again")
        func fullDuringLoad() async throws {
            try await withInstances { _, client, one, other in
                let store = try RedisCacheStore(client)
                let lease = try await store.read("a", tags: [], within: .seconds(5)).lease
                try await client.command("CONFIG", "SET", "maxmemory", "1")
                let error = await #expect(throws: CacheError.self) { try await one.remove("a") }
                #expect(error?.code == .full)
                try await client.command("CONFIG", "SET", "maxmemory", "0")
                // Stored, unless the removal was made up for by now.
                _ = try await store.fill(
                    "a", CacheStoreItem(bytes: Array(#"{"v":0,"s":0,"d":"old"}"#.utf8), timeToLive: nil), lease: lease,
                    within: .seconds(5))
                try await eventually("made up for") { one.statistics.pendingRemovals == 0 }
                #expect(try await store.read("a", tags: [], within: .seconds(5)).item == nil)
                #expect(try await other.get("a", as: String.self) == nil)
            }
        }

        @Test("a hundred removals that a server missed are made up for once, whoever reads meanwhile")
        func settlesOnce() async throws {
            try await withInstances(budget: .milliseconds(50)) { server, client, one, _ in
                server.pause()
                for key in 0..<100 { await #expect(throws: CacheError.self) { try await one.remove("k\(key)") } }
                server.resume()
                let slowest = try await withThrowingTaskGroup(of: Duration.self) { group in
                    for key in 0..<60 {
                        group.addTask {
                            let began = Instant.now
                            _ = try await one.get("k\(key)", as: Int.self)
                            return began.duration(to: .now)
                        }
                    }
                    return try await group.reduce(Duration.zero) { max($0, $1) }
                }
                // They don't even ask; the rest is for a busy machine.
                #expect(slowest < .milliseconds(500))
                try await eventually("made up for") { one.statistics.pendingRemovals == 0 }
                let statistics = try await client.command("INFO", "commandstats").string ?? ""
                for command in ["set", "publish"] {
                    let line = try #require(
                        statistics.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_\(command):") })
                    let calls = try #require(Int(line.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }))
                    // Attempts that came too late are among them: few, because of back-off and breaker.
                    #expect((100..<1_000).contains(calls), "\(line)")
                }
            }
        }

        @Test("a removal that the server missed is made up for though nobody reads after it")
        func settlesAlone() async throws {
            try await withInstances(budget: .milliseconds(100)) { server, client, one, other in
                try await eventually("filled within the budget") {
                    do { try await one.set("a", "old") } catch { return false }
                    return try await other.get("a") == "old"
                }
                server.pause()
                await #expect(throws: CacheError.self) { try await one.remove("a") }
                server.resume()
                try await eventually("made up for") { one.statistics.pendingRemovals == 0 }
                try await eventually("heard of") { other.statistics.entries == 0 }
                #expect(try await client.get("cache:a")?.first == UInt8(ascii: "X"))
            }
        }

        @Test("an older shape is a miss and counted, and is replaced for the others")
        func shape() async throws {
            try await withInstances { _, client, one, other in
                try await one.set("user:1", User(id: 1))
                #expect(try await other.get("user:1", as: NewUser.self) == nil)
                #expect(other.statistics.mismatches == 1)
                let user = NewUser(id: 1, name: "Ada")
                #expect(try await other.getOrLoad("user:1") { user } == user)
                #expect(other.statistics.mismatches == 2 && other.statistics.loads == 1)
                try await eventually("it is filled") {
                    try await client.get("cache:user:1").map { String(decoding: $0, as: UTF8.self) }?.contains("Ada")
                        == true
                }
                let third = try TieredCache(store: RedisCacheStore(client))
                #expect(try await third.getOrLoad("user:1") { NewUser(id: 2, name: "wrong") } == user)
                #expect(third.statistics.mismatches == 0)
                await third.shutdown()
                // Something that no version wrote.
                try await client.set("cache:junk", Array("nonsense".utf8))
                #expect(try await other.getOrLoad("junk") { 7 } == 7)
            }
        }

        @Test("a value of 100 MB stays in memory, is counted, and what Redis had under its key is gone for the other")
        func large() async throws {
            try await withInstances { _, _, one, other in
                try await fill(one, other)
                let large = String(repeating: "x", count: 100_000_000)
                try await one.set("a", large)
                #expect(one.statistics.oversized == 1)
                #expect(try await one.get("a", as: String.self)?.utf8.count == 100_000_000)
                try await eventually("the other has heard of it") { try await other.get("a", as: String.self) == nil }
                #expect(one.statistics.remoteFailures == 0)
            }
        }
    }
#endif
