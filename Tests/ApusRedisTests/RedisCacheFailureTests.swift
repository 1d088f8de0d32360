// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusResilience
import ApusTesting
import NIOPosix
import Testing

@testable import ApusRedis

@Suite("The cache on Redis when things go wrong")
struct RedisCacheFailureTests {
    @Test("a stopped server costs at most the budget, soon nothing; the load is made all the same")
    func stopped() async throws {
        try await withRedis { server, client in
            let cache = try RedisCacheTests.cache(client) {
                $0.budget = .milliseconds(50)
                $0.breaker.consecutiveFailures = 3
                $0.breaker.openDuration = .milliseconds(200)
            }
            // A warm connection: the budget is for answers.
            try await eventually("warm") {
                do {
                    return try await cache.get("warm", as: Int.self) == nil && client.statistics.connections > 0
                } catch { return false }
            }
            server.pause()
            let began = Instant.now
            for index in 0..<100 { #expect(try await cache.getOrLoad("k\(index)") { index } == index) }
            // 3 budgets until the breaker opens, and room for a probe or two and a busy machine.
            #expect(began.duration(to: .now) < .milliseconds(1_500))
            #expect(cache.failures.timeouts >= 3 && cache.failures.rejected > 80)
            #expect(!cache.health.isOK)
            server.resume()
            try await eventually("healthy again") {
                _ = try await cache.getOrLoad("again") { 1 }
                return cache.health.isOK
            }
            try await eventually("stores again") {
                _ = try await cache.getOrLoad("new") { 1 }
                return try await cache.get("new") == 1
            }
        }
    }

    @Test("a dead server: typed errors at once, misses for getOrLoad, degraded")
    func dead() async throws {
        let client = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
        let cache = try RedisCacheTests.cache(client)
        for _ in 0..<10 {
            let error = await #expect(throws: CacheError.self) { try await cache.get("k", as: Int.self) }
            #expect(error?.code == .unavailable)
            #expect(try await cache.getOrLoad("k") { 1 } == 1)
        }
        #expect(cache.failures.rejected > 0)
        #expect(!cache.health.isOK)
        client.shutdown()
    }

    @Test("a removal that a dead server didn't get is made when it is back, and the old value isn't read before")
    func unconfirmed() async throws {
        try await withRedis { server, client in
            let cache = try RedisCacheTests.cache(client) {
                $0.budget = .milliseconds(100)
                $0.breaker.consecutiveFailures = 0
                $0.breaker.failureRate = nil
            }
            let other = try RedisCacheTests.cache(client)
            try await other.set("a", "old")
            try await other.set("b", "old")
            server.pause()
            for key in ["a", "b"] {
                await #expect(throws: CacheError.self) { try await cache.remove(key) }
            }
            #expect(cache.failures.unconfirmed == 2)
            // As if the removals had been lost with their connection.
            server.resume()
            try await other.set("a", "old")
            try await other.set("b", "old")
            try await eventually("not read") { try await cache.get("a", as: String.self) == nil }
            try await eventually("all made, by any read") {
                _ = try await cache.get("c", as: String.self)
                return cache.failures.unconfirmed == 0
            }
            #expect(try await other.get("b", as: String.self) == nil)
        }
    }

    @Test("a full server: reads and removals go on, sets fail with their own code, loads aren't stored")
    func full() async throws {
        try await withRedis(["--maxmemory-policy", "noeviction"]) { _, client in
            let cache = try RedisCacheTests.cache(client)
            try await cache.set("k", "v")
            try await cache.set("gone", "v")
            try await client.command("CONFIG", "SET", "maxmemory", "1")
            #expect(try await cache.get("k") == "v")
            let error = await #expect(throws: CacheError.self) { try await cache.set("k", "new") }
            #expect(error?.code == .full)
            #expect(try await cache.get("k", as: String.self) == nil)
            try await cache.remove("gone")
            #expect(try await cache.get("gone", as: String.self) == nil)
            #expect(try await cache.getOrLoad("x") { 1 } == 1)
            #expect(cache.failures.full >= 3)
            #expect(cache.health.isOK)
        }
    }

    @Test("a caller in a hurry doesn't open the breaker")
    func hurry() async throws {
        try await withRedis { server, client in
            let cache = try RedisCacheTests.cache(client) { $0.breaker.consecutiveFailures = 1 }
            _ = try await cache.get("k", as: Int.self)
            server.pause()
            let context = CallContext(deadline: .now.advanced(by: .milliseconds(10)))
            await CallContext.$current.withValue(context) {
                await #expect(throws: CacheError.self) { try await cache.get("k", as: Int.self) }
            }
            server.resume()
            #expect(cache.guarded.breaker.snapshot.phase == .closed)
            #expect(try await cache.get("k", as: Int.self) == nil)
        }
    }

    @Test("too many unconfirmed removals: nothing is believed for a time to live")
    func distrust() {
        var removals = UnconfirmedRemovals(maximum: 2)
        let now = Instant(nanoseconds: 0)
        for key in ["a", "b", "c"] { removals.insert(key, longest: .seconds(10), now: now) }
        let during = removals.isTrusted("other", now: now.advanced(by: .seconds(9)))
        let after = removals.isTrusted("other", now: now.advanced(by: .seconds(10)))
        #expect(!during && after)
        #expect(removals.isEmpty)
    }
}
