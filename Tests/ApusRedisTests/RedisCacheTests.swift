// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusTesting
import Testing

@testable import ApusRedis

@Suite("The cache on Redis")
struct RedisCacheTests {
    struct User: Codable, Sendable, Equatable {
        var name: String
    }

    static func cache(
        _ client: RedisClient, _ change: (inout RedisCacheConfiguration) -> Void = { _ in }
    ) throws -> RedisCache {
        var configuration = RedisCacheConfiguration()
        configuration.budget = .seconds(10)
        change(&configuration)
        return try RedisCache(client, configuration)
    }

    @Test("keeps the promises of Cache", arguments: CacheConformance.checks)
    func conformance(check: ConformanceCheck<any Cache>) async throws {
        try await withRedis { _, client in try await check.run(try Self.cache(client)) }
    }

    @Test("stores JSON under the namespace, for the time to live")
    func format() async throws {
        try await withRedis { _, client in
            let cache = try Self.cache(client) { $0.jitter = 0 }
            try await cache.set("user:1", User(name: "Ada"), timeToLive: .seconds(100))
            #expect(try await client.command("GET", "cache:user:1").string == "J1\n{\"name\":\"Ada\"}")
            let left = try await client.command("PTTL", "cache:user:1").integer ?? 0
            #expect((90_000...100_000).contains(left))
        }
    }

    @Test("a value of an older version or shape is a miss, counted, and replaced by the next load")
    func versions() async throws {
        try await withRedis { _, client in
            let (old, new) = (try Self.cache(client), try Self.cache(client) { $0.schemaVersion = 2 })
            try await old.set("u", User(name: "Ada"))
            #expect(try await new.get("u", as: User.self) == nil)
            #expect(new.statistics.mismatches == 1)
            #expect(try await new.getOrLoad("u") { User(name: "Grace") }.name == "Grace")
            #expect(try await new.get("u") == User(name: "Grace"))
            try await client.set("cache:broken", Array("not what a cache writes".utf8))
            #expect(try await new.get("broken", as: User.self) == nil)
        }
    }

    @Test("a value larger than allowed is refused, and the one before it is gone")
    func large() async throws {
        try await withRedis { _, client in
            let cache = try Self.cache(client) { $0.maximumValueBytes = 1_000 }
            try await cache.set("k", "small")
            let error = await #expect(throws: CacheError.self) {
                try await cache.set("k", String(repeating: "x", count: 100_000_000))
            }
            #expect(error?.code == .tooLarge)
            #expect(try await cache.get("k", as: String.self) == nil)
            #expect(cache.failures.tooLarge == 1)
            #expect(try await cache.getOrLoad("k") { String(repeating: "y", count: 2_000) }.count == 2_000)
        }
    }

    @Test("a removal by another instance during a load isn't overwritten by it")
    func removalElsewhere() async throws {
        try await withRedis { _, client in
            let (here, there) = (try Self.cache(client), try Self.cache(client))
            let gate = Gate()
            let loader = Task {
                try await here.getOrLoad("k") { () -> String in
                    await gate.wait()
                    return "stale"
                }
            }
            await gate.reached()
            try await there.remove("k")
            gate.open()
            #expect(try await loader.value == "stale")
            #expect(try await here.get("k", as: String.self) == nil)
            #expect(here.failures.notStored == 1)
            #expect(try await here.getOrLoad("k") { "fresh" } == "fresh")
            #expect(try await there.get("k") == "fresh")
        }
    }

    @Test("removeAll leaves other keys alone, and loads in progress aren't stored")
    func removeAll() async throws {
        try await withRedis { _, client in
            let cache = try Self.cache(client) { $0.namespace = "a*[b:" }
            try await client.set("aXb:1", [1])
            for index in 0..<2_500 { try await cache.set("\(index)", index) }
            let gate = Gate()
            let loader = Task {
                try await cache.getOrLoad("loading") { () -> Int in
                    await gate.wait()
                    return 1
                }
            }
            await gate.reached()
            try await cache.removeAll()
            gate.open()
            #expect(try await loader.value == 1)
            #expect(try await client.command("DBSIZE") == .integer(1))
            let bare = try Self.cache(client) { $0.namespace = "" }
            let error = await #expect(throws: CacheError.self) { try await bare.removeAll() }
            #expect(error?.code == .unsupported)
        }
    }

    @Test("other instances hear of changes, not of their own")
    func invalidations() async throws {
        try await withRedis { server, client in
            let (here, there) = (try Self.cache(client), try Self.cache(client))
            var changes = try await here.invalidations().makeAsyncIterator()
            try await here.set("mine", 1)
            try await there.set("user:1", 1)
            try await there.remove("user 2")
            try await there.removeAll()
            #expect(await changes.next() == .key("user:1"))
            #expect(await changes.next() == .key("user 2"))
            #expect(await changes.next() == .everything)
            try await server.crash()
            #expect(await changes.next() == .interrupted)
            try server.launch()
            #expect(await changes.next() == .everything)
        }
    }
}
