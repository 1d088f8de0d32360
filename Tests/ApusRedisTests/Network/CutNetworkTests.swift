// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCache
    import ApusCore
    import ApusResilience
    import ApusTesting
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("Redis over a network that is cut at random")
    struct CutNetworkTests {
        @Test(
            "nothing acknowledged is lost, nothing that may have run is repeated, the client recovers",
            arguments: [1, 2, 3] as [UInt64])
        func load(seed: UInt64) async throws {
            try await Proxied.run(.init(cutAfter: 500...20_000), seed: seed, configure: { $0.connections = 2 }) {
                proxied in
                let load = MixedLoad(client: proxied.client)
                await withTaskGroup(of: Void.self) { group in
                    for client in 0..<16 {
                        group.addTask {
                            await load.run(steps: 150, random: FastRandom(seed: seed * 100 + UInt64(client)))
                        }
                    }
                }
                #expect(proxied.proxy.statistics.cut >= 20)
                proxied.proxy.faults = .init()
                proxied.proxy.cutAll()
                try await eventually("the server has seen the end of what was cut off") {
                    let list = try await proxied.direct.command("CLIENT", "LIST").string ?? ""
                    return list.split(separator: "\n").count - proxied.direct.statistics.connections
                        <= proxied.proxy.statistics.open
                }
                try await load.check(against: proxied.direct, "seed \(seed)")
                try await eventually("it has recovered", within: .seconds(2)) {
                    do {
                        return try await proxied.client.command("ECHO", "x").string == "x"
                    } catch let error as RedisError where error.isOfTheNetwork {
                        return false
                    }
                }
                #expect(proxied.client.statistics.pending == 0)
            }
        }

        @Test("a subscriber is told of every gap", arguments: [4, 5] as [UInt64])
        func subscription(seed: UInt64) async throws {
            try await Proxied.run(.init(cutAfter: 300...2000), seed: seed) { proxied in
                var subscribed: RedisSubscription?
                try await eventually("subscribed") {
                    do {
                        subscribed = try await proxied.client.subscribe(to: ["numbers"])
                        return true
                    } catch let error as RedisError where error.isOfTheNetwork {
                        return false
                    }
                }
                let numbers = try #require(subscribed)
                let last = Journal<Int>()
                let gaps = Tally()
                let reader = Task {
                    var isGap = true
                    while let event = await numbers.next() {
                        switch event {
                        case .gap:
                            isGap = true
                            gaps.increment()
                        case .message(let message):
                            let number = Int(String(decoding: message.payload, as: UTF8.self)) ?? -1
                            let previous = last.entries.last ?? 0
                            #expect(number > previous, "seed \(seed)")
                            if !isGap { #expect(number == previous + 1, "seed \(seed)") }
                            isGap = false
                            last.append(number)
                        }
                    }
                }
                var number = 0
                while gaps.value < 20 {
                    for _ in 0..<20 {
                        number += 1
                        try await proxied.direct.publish("numbers", Array("\(number)".utf8))
                    }
                    await Task.yield()
                }
                proxied.proxy.faults = .init()
                proxied.proxy.cutAll()
                try await eventually("messages come again") {
                    number += 1
                    try await proxied.direct.publish("numbers", Array("\(number)".utf8))
                    return last.entries.last.map { $0 > number - 20 } ?? false
                }
                #expect(last.entries.count > 20)
                numbers.cancel()
                await reader.value
            }
        }

        @Test("a check of CacheStore passes, or fails as a connection was cut", arguments: CacheStoreConformance.checks)
        func store(check: ConformanceCheck<any CacheStore>) async throws {
            for seed: UInt64 in 1...3 {
                try await Proxied.run(.init(cutAfter: 100...4000), seed: seed) { proxied in
                    let store = try RedisCacheStore(proxied.client)
                    do {
                        try await check.run(store)
                    } catch {
                        #expect(error is CacheError || error is ConformanceFailure)
                        #expect(proxied.proxy.statistics.cut > 0, "\(check), seed \(seed): \(error)")
                    }
                }
            }
        }

        @Test(
            "a check of Cache passes, or fails as a connection was cut",
            arguments: CacheConformance.checks + CacheConformance.policies)
        func cache(check: ConformanceCheck<any Cache>) async throws {
            for seed: UInt64 in 1...3 {
                try await Proxied.run(.init(cutAfter: 100...4000), seed: seed) { proxied in
                    let cache = try TieredCache(
                        store: RedisCacheStore(proxied.client), configuration: .init(budget: .seconds(5)))
                    // What is in memory then is let go of.
                    try await eventually("it hears messages") { cache.isConnected }
                    do {
                        try await check.run(cache)
                    } catch {
                        #expect(error is CacheError || error is ConformanceFailure)
                        #expect(proxied.proxy.statistics.cut > 0, "\(check), seed \(seed): \(error)")
                    }
                    await cache.shutdown()
                }
            }
        }

        @Test(
            "two caches that change the same keys show nothing older than the source afterwards",
            arguments: [6, 7] as [UInt64])
        func coherence(seed: UInt64) async throws {
            try await Proxied.run(.init(cutAfter: 300...6000), seed: seed) { proxied in
                var redis = RedisCacheConfiguration()
                redis.breaker.openDuration = .milliseconds(20)
                redis.breaker.maximumOpenDuration = .milliseconds(50)
                let second = try proxied.makeClient()
                defer { second.shutdown() }
                let caches = try [proxied.client, second].map {
                    try TieredCache(
                        store: RedisCacheStore($0, redis),
                        configuration: .init(isolatedTimeToLive: .milliseconds(200), budget: .seconds(1)))
                }
                let source = Source()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, cache) in caches.enumerated() {
                        for key in 0..<6 {
                            group.addTask {
                                for round in 0..<4_000 {
                                    // How often it is cut depends on how many commands share a connection's writes.
                                    if round >= 40, proxied.proxy.statistics.cut >= 5 { break }
                                    // Each key has one writer; the other instance reads.
                                    if key % 2 == index {
                                        let value = source.change(key)
                                        do throws(CacheError) {
                                            if round % 3 == 0 {
                                                try await cache.remove("k\(key)")
                                            } else {
                                                try await cache.set("k\(key)", value)
                                            }
                                        } catch {
                                            // The other may show an older value for a moment, which is what it says.
                                        }
                                    }
                                    let seen = try await cache.getOrLoad("k\(key)") { source.value(of: key) }
                                    #expect(seen <= source.value(of: key))
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(proxied.proxy.statistics.cut >= 5)
                proxied.proxy.faults = .init()
                proxied.proxy.cutAll()
                for key in 0..<6 {
                    try await eventually("both show what the source has under k\(key), seed \(seed)") {
                        var seen: [Int] = []
                        for cache in caches {
                            seen.append(try await cache.getOrLoad("k\(key)") { source.value(of: key) })
                        }
                        return seen == [source.value(of: key), source.value(of: key)]
                    }
                }
                try await eventually("what was owed is done") {
                    for cache in caches { _ = try await cache.get("none", as: Int.self) }
                    return caches.allSatisfy { $0.statistics.pendingRemovals == 0 && $0.isConnected }
                }
                for cache in caches { await cache.shutdown() }
            }
        }
    }
#endif
