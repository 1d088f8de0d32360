// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusTesting
import Testing

@Suite("The typed cache in the process")
struct LocalCacheTests {
    let clock = ManualClock()

    @Test("An entry is gone when its time has passed")
    func expiry() throws {
        let cache = try LocalCache<String, Int>(.init(timeToLive: .seconds(10), jitter: 0, time: clock.timeSource))
        cache.set("a", 1)
        cache.set("b", 2, timeToLive: nil)
        clock.advance(by: .milliseconds(9_999))
        #expect(cache.get("a") == 1)
        clock.advance(by: .milliseconds(1))
        #expect(cache.get("a") == nil)
        #expect(cache.get("b") == 2)
        #expect(cache.statistics.expirations == 1)
    }

    @Test("Jitter shortens times to live by at most its part, and not all alike")
    func jitter() throws {
        let cache = try LocalCache<Int, Int>(
            .init(timeToLive: .seconds(100), jitter: 0.2, time: clock.timeSource, seed: 7))
        for key in 0..<500 { cache.set(key, key) }
        clock.advance(by: .milliseconds(79_999))
        #expect((0..<500).allSatisfy { cache.get($0) != nil })
        clock.advance(by: .seconds(10))
        let left = (0..<500).count { cache.get($0) != nil }
        #expect((150...350).contains(left))
        clock.advance(by: .seconds(11))
        #expect((0..<500).allSatisfy { cache.get($0) == nil })
    }

    @Test("It never holds more than its capacity", arguments: [1, 2, 63, 1_000, 1_001])
    func capacity(_ capacity: Int) throws {
        let cache = try LocalCache<Int, Int>(.init(capacity: capacity))
        for key in 0..<(capacity * 10) {
            cache.set(key, key)
            #expect(cache.get(key) == key)
        }
        #expect(cache.statistics.entries <= capacity)
        #expect(cache.statistics.entries >= capacity / 2)
        #expect(cache.statistics.evictions == capacity * 10 - cache.statistics.entries)
    }

    @Test("What is used survives a scan of what is used once")
    func scan() throws {
        let cache = try LocalCache<Int, Int>(.init(capacity: 100, shards: 1))
        for key in 0..<50 { cache.set(key, key) }
        for key in 0..<50 { _ = cache.get(key) }
        for key in 1_000..<1_090 { cache.set(key, key) }
        #expect((0..<50).allSatisfy { cache.get($0) != nil })
    }

    @Test("A configuration out of range is refused with every problem")
    func configuration() {
        #expect {
            try LocalCache<Int, Int>(
                .init(
                    capacity: 0, timeToLive: .zero, jitter: 2, shards: 0, maximumLoads: 0, maximumWaiters: 0,
                    loadTimeout: .zero))
        } throws: { error in
            (error as? InvalidConfiguration)?.problems.map(\.key)
                == ["capacity", "timeToLive", "jitter", "shards", "maximumLoads", "maximumWaiters", "loadTimeout"]
        }
    }

    @Test("A hit in getOrLoad runs no load")
    func hit() async throws {
        let cache = try LocalCache<String, Int>()
        cache.set("a", 1)
        let value = try await cache.getOrLoad("a") { 2 }
        #expect(value == 1)
        #expect(cache.statistics.loads == 0)
    }

    @Test("More loads at once than allowed are refused, typed, and places come free again")
    func overload() async throws {
        let cache = try LocalCache<Int, Int>(.init(maximumLoads: 1))
        let gate = Gate()
        let running = Task {
            try await cache.getOrLoad(1) {
                await gate.wait(); return 1
            }
        }
        await gate.reached()
        await #expect(throws: CacheError.self) { try await cache.getOrLoad(2) { 2 } }
        gate.open()
        _ = try await running.value
        let value = try await cache.getOrLoad(2) { 2 }
        #expect(value == 2)
    }
}
