// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A rate limiter")
struct RateLimiterTests {
    private let time = ManualTime()

    @Test("limits each key by itself")
    func keys() throws {
        let limiter = try RateLimiter<String>(RateLimit(1, burst: 2), time: time.source)
        #expect(limiter.check("a").isAllowed)
        #expect(limiter.check("a").isAllowed)
        #expect(!limiter.check("a").isAllowed)
        #expect(limiter.check("b").isAllowed)
        time.advance(by: .seconds(1))
        #expect(limiter.check("a").isAllowed)
        #expect(!limiter.check("a").isAllowed)
        let statistics = limiter.statistics
        #expect(statistics.allowed == 4)
        #expect(statistics.limited == 2)
        #expect(statistics.keys == 2)
    }

    @Test("remembers never more keys than it may", arguments: [1, 10, 1_000, 5_000])
    func bounded(_ maximum: Int) throws {
        let limiter = try RateLimiter<Int>(RateLimit(1), maximumKeys: maximum, time: time.source)
        for key in 0..<20_000 { _ = limiter.check(key) }
        let statistics = limiter.statistics
        #expect(statistics.keys <= maximum)
        #expect(statistics.keys > maximum / 2)
        #expect(statistics.evicted >= 20_000 - UInt64(maximum))
    }

    @Test("gives the slots of expired keys to new ones before it forgets a live one")
    func expiredFirst() throws {
        let limiter = try RateLimiter<Int>(RateLimit(1), maximumKeys: 1_000, time: time.source)
        for key in 0..<1_000 { _ = limiter.check(key) }
        time.advance(by: .seconds(1))
        for key in 1_000..<2_000 { _ = limiter.check(key) }
        let statistics = limiter.statistics
        #expect(statistics.keys == 1_000)
        #expect(statistics.evicted == 0)
    }

    @Test("holds hardly more keys than are alive")
    func forgetsExpired() throws {
        let limiter = try RateLimiter<Int>(RateLimit(1), maximumKeys: 100_000, time: time.source)
        for key in 0..<20_000 {
            time.advance(by: .milliseconds(10))
            _ = limiter.check(key)
        }
        #expect(limiter.statistics.keys < 1_000, "about 100 keys are alive at any time")
    }

    @Test("doesn't let a flood of new keys free one that has used up its burst")
    func flood() throws {
        let limiter = try RateLimiter<String>(RateLimit(1, burst: 100), maximumKeys: 1_000, time: time.source)
        _ = limiter.check("heavy", cost: 100)
        for key in 0..<50_000 {
            _ = limiter.check("flood \(key)")
            if key % 1_000 == 0 { #expect(!limiter.check("heavy").isAllowed) }
        }
        #expect(!limiter.check("heavy").isAllowed)
    }

    @Test("remembers nobody who only looked or asked for too much")
    func remembersOnlyTakers() throws {
        let limiter = try RateLimiter<Int>(RateLimit(5), time: time.source)
        for key in 0..<100 {
            #expect(limiter.check(key, cost: 0).isAllowed)
            #expect(limiter.check(key, cost: 6).verdict == .neverFits)
        }
        #expect(limiter.statistics.keys == 0)
    }

    @Test("keeps a million keys in less than 24 MB, whatever else comes")
    func million() throws {
        let limiter = try RateLimiter<Int>(
            RateLimit(1, per: .seconds(3_600)), maximumKeys: 1_000_000, time: time.source)
        let now = time.now
        for key in 0..<1_500_000 { _ = limiter.check(key, now: now) }
        let statistics = limiter.statistics
        #expect(statistics.keys <= 1_000_000)
        #expect(statistics.keys > 950_000)
        #expect(statistics.bytes <= 24_000_000)
        #expect(statistics.evicted >= 500_000)
    }

    @Test("agrees with a dictionary as long as no live key has to go")
    func model() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        let limit = RateLimit(5, burst: 3)
        let rule = try GCRA(limit)
        let limiter = try RateLimiter<UInt64>(limit, maximumKeys: 1_000, time: time.source)
        var model: [UInt64: Int64] = [:]
        var now = time.now
        for step in 0..<50_000 {
            now.nanoseconds += Int64.random(in: 0...5_000_000, using: &random)
            let key = random.next() % 2_000
            let cost = UInt32.random(in: 0...3, using: &random)
            var arrival = model[key] ?? .min
            let expected = rule.decide(arrival: &arrival, cost: cost, now: now)
            model[key] = arrival
            try #require(limiter.check(key, cost: cost, now: now) == expected, "seed \(seed), step \(step)")
        }
        #expect(limiter.statistics.evicted == 0)
        #expect(limiter.statistics.keys < 1_000)
    }

    @Test(
        "agrees with a dictionary when it is as full as it gets, while keys come and expire",
        arguments: [1, 2, 3, 4, 5, 8, 13, 100, 1_000])
    func full(_ keys: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        let limit = RateLimit(1, burst: 2)
        let rule = try GCRA(limit)
        let limiter = try RateLimiter<UInt64>(limit, maximumKeys: keys, time: time.source)
        var model: [UInt64: Int64] = [:]
        var now = time.now
        // A key lives for a second or two; nearly all of them are alive at once, or a few.
        let paces = [1_000_000_000, 4_000_000_000].map { Int64($0 / keys) }
        var most = 0
        for step in 0..<20_000 {
            now.nanoseconds += Int64.random(in: 0...(paces[step / 500 % 2]), using: &random)
            // So many different ones that none has to go, others every now and then.
            let key = random.next() % UInt64(keys) + UInt64(step / 4_000 * 1_000_000)
            var arrival = model[key] ?? .min
            let expected = rule.decide(arrival: &arrival, now: now)
            model[key] = arrival
            try #require(limiter.check(key, now: now) == expected, "seed \(seed), step \(step)")
            if step % 4_000 == 3_999 {
                now.nanoseconds += 3_000_000_000
            }
            if step % 100 == 0 { most = max(most, limiter.statistics.keys) }
        }
        #expect(limiter.statistics.evicted == 0, "seed \(seed)")
        #expect(most * 2 > keys, "seed \(seed): never more than \(most) keys at once")
    }

    @Test("refuses a table of no keys")
    func validates() throws {
        #expect(throws: InvalidConfiguration.self) { try RateLimiter<Int>(RateLimit(0), maximumKeys: 0) }
        do throws(InvalidConfiguration) {
            _ = try RateLimiter<Int>(RateLimit(0, burst: 1), maximumKeys: 0)
        } catch {
            #expect(error.problems.map(\.key) == ["requests", "maximumKeys"])
        }
    }

    @Test("lets exactly the burst through under contention", .timeLimit(.minutes(1)))
    func contended() async throws {
        let limiter = try RateLimiter<String>(RateLimit(1, burst: 1_000), time: time.source)
        let allowed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).count { _ in limiter.check("key").isAllowed } }
            }
            return await group.reduce(0, +)
        }
        #expect(allowed == 1_000)
    }
}
