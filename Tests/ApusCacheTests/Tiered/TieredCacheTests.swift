// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusTesting
import Testing

@Suite("The cache in two levels")
struct TieredCacheTests {
    struct SourceDown: Error {}
    struct User: Codable, Sendable, Equatable {
        var id: Int
        var name: String
    }
    /// The same, as a later version of the program knows it.
    struct NewUser: VersionedCacheValue, Equatable {
        static let cacheVersion = 1
        var id: Int
        var name: String
    }

    let clock = ManualClock()
    let store: MemoryCacheStore

    init() {
        store = MemoryCacheStore(time: clock.timeSource)
    }

    private func cache(on store: (any CacheStore)? = nil, maximumValueSize: Int = 1 << 20) throws -> TieredCache {
        try TieredCache(
            store: store ?? self.store,
            configuration: .init(
                memory: .init(timeToLive: .seconds(10), jitter: 0, time: clock.timeSource),
                maximumValueSize: maximumValueSize))
    }

    @Test("keeps the promises of Cache", arguments: CacheConformance.checks + CacheConformance.policies)
    func conformance(check: ConformanceCheck<any Cache>) async throws {
        try await check.run(try TieredCache(store: MemoryCacheStore()))
    }

    @Test("keeps most promises while the second level is down", arguments: CacheConformance.loading.dropLast(2))
    func conformanceAlone(check: ConformanceCheck<any Cache>) async throws {
        let store = FaultyStore(MemoryCacheStore())
        let cache = try TieredCache(store: store)
        store.isDown = true
        try await check.run(cache)
    }

    @Test("The store in the process keeps the promises of CacheStore", arguments: CacheStoreConformance.checks)
    func storeConformance(check: ConformanceCheck<any CacheStore>) async throws {
        try await check.run(MemoryCacheStore())
    }

    @Test("What one instance loaded another finds, for no longer than it is fresh")
    func shared() async throws {
        let (one, other) = (try cache(), try cache())
        let policy = CachePolicy(timeToLive: .seconds(8), staleIfError: .seconds(60))
        _ = try await one.getOrLoad("user:1", policy: policy) { User(id: 1, name: "Ada") }
        clock.advance(by: .seconds(7))
        let found = try await other.getOrLoad("user:1", policy: policy) { User(id: 2, name: "wrong") }
        #expect(found.id == 1)
        #expect(other.statistics.loads == 0)
        #expect(other.statistics.remoteHits == 1)
        clock.advance(by: .seconds(2))
        #expect(try await other.get("user:1", as: User.self) == nil)
        // Its source is down, but it knows what the other loaded.
        let stale = try await cache().getOrLoad("user:1", policy: policy) { () async throws -> User in
            throw SourceDown()
        }
        #expect(stale.id == 1)
    }

    @Test("A change in one instance is seen in all", arguments: [0, 1, 2, 3])
    func invalidation(kind: Int) async throws {
        let (one, other) = (try cache(), try cache())
        let policy = CachePolicy(tags: ["users"])
        try await one.set("a", "old", policy: policy)
        #expect(try await other.getOrLoad("a", policy: policy) { "wrong" } == "old")
        #expect(try await other.get("a") == "old")
        switch kind {
        case 0: try await one.set("a", "new")
        case 1: try await one.remove("a")
        case 2: try await one.removeAll(tagged: "users")
        default: try await one.removeAll()
        }
        #expect(try await other.get("a", as: String.self) == (kind == 0 ? "new" : nil))
        #expect(other.statistics.invalidations == 2)
        #expect(one.statistics.invalidations == 0)
    }

    @Test("A removal in another instance during a load isn't overwritten, on either level")
    func removalElsewhere() async throws {
        let (one, other) = (try cache(), try cache())
        let gate = Gate()
        let loading = Task {
            try await one.getOrLoad("a") {
                await gate.wait()
                return "stale"
            }
        }
        await gate.reached()
        try await other.remove("a")
        gate.open()
        _ = try await loading.value
        #expect(try await one.get("a", as: String.self) == nil)
        #expect(try await other.get("a", as: String.self) == nil)
        #expect(one.statistics.remoteConflicts == 1)
    }

    @Test("Nobody waits for the second level to be filled")
    func filledLater() async throws {
        let slow = FaultyStore(store)
        let (one, other) = (try cache(on: slow), try cache())
        slow.holdsFills = true
        #expect(try await one.getOrLoad("a") { "loaded" } == "loaded")
        #expect(try await one.get("a") == "loaded")
        #expect(try await other.get("a", as: String.self) == nil)
        slow.holdsFills = false
        #expect(try await other.get("a") == "loaded")
        #expect(one.statistics.remoteConflicts == 0)
    }

    @Test("What another instance removed before it was filled is forgotten, also if no message came")
    func refusedLater() async throws {
        let slow = FaultyStore(store)
        let one = try cache(on: slow)
        slow.holdsFills = true
        #expect(try await one.getOrLoad("a") { "stale" } == "stale")
        try await store.remove(.keys(["a"]), within: .seconds(1))
        #expect(try await one.get("a") == "stale")
        slow.holdsFills = false
        #expect(try await one.get("a", as: String.self) == nil)
        #expect(one.statistics.remoteConflicts == 1)
    }

    @Test("When the store is down, gets go on without it, and what was changed meanwhile isn't read from it later")
    func outage() async throws {
        let faulty = FaultyStore(store)
        let (one, other) = (try cache(on: faulty), try cache())
        try await one.set("a", "old")
        faulty.isDown = true
        #expect(!one.isConnected)
        await #expect(throws: CacheError.self) { try await one.remove("a") }
        #expect(try await one.get("a", as: String.self) == nil)
        #expect(try await one.getOrLoad("a") { "new" } == "new")
        #expect(try await one.get("a") == "new")
        // It isn't asked for what it is owed.
        #expect(one.statistics.remoteFailures == 1 && one.statistics.remoteUnavailable == 1)
        #expect(one.statistics.pendingRemovals == 1)
        // The other one can't know.
        #expect(try await other.get("a") == "old")
        faulty.isDown = false
        try await eventually("made up for") { one.statistics.pendingRemovals == 0 }
        #expect(try await one.get("a", as: String.self) == nil)
        #expect(try await other.get("a", as: String.self) == nil)
        #expect(try await one.getOrLoad("a") { "newer" } == "newer")
        #expect(try await other.get("a") == "newer")
    }

    @Test("While messages get lost, memory is trusted for a short time only")
    func isolation() async throws {
        let faulty = FaultyStore(store)
        let cache = try cache(on: faulty)
        faulty.isDown = true
        #expect(try await cache.getOrLoad("a") { 1 } == 1)
        clock.advance(by: .seconds(4))
        #expect(try await cache.getOrLoad("a") { 2 } == 1)
        clock.advance(by: .seconds(2))
        #expect(try await cache.getOrLoad("a") { 3 } == 3)
    }

    @Test("Reading and filling share one budget, and what is used up isn't asked for")
    func budget() async throws {
        let clock = clock
        let slow = FaultyStore(store) { clock.advance(by: .milliseconds(30)) }
        let cache = try cache(on: slow)
        // The source's own time isn't the cache's.
        #expect(
            try await cache.getOrLoad("a") {
                clock.advance(by: .seconds(1))
                return 1
            } == 1)
        #expect(slow.granted.entries == [.milliseconds(50), .milliseconds(20)])
        let late = FaultyStore(store) { clock.advance(by: .milliseconds(60)) }
        let other = try self.cache(on: late)
        #expect(try await other.getOrLoad("b") { 2 } == 2)
        #expect(late.granted.entries == [.milliseconds(50)])
        #expect(other.statistics.remoteFailures == 1)
    }

    @Test("An older shape, a newer one and no JSON at all are misses, and counted")
    func shapes() async throws {
        let (one, other) = (try cache(), try cache())
        try await one.set("a", User(id: 1, name: "Ada"))
        #expect(try await other.get("a", as: NewUser.self) == nil)
        try await one.set("b", NewUser(id: 1, name: "Ada"))
        #expect(try await other.get("b", as: User.self) == nil)
        #expect(try await other.get("b", as: NewUser.self) == NewUser(id: 1, name: "Ada"))
        try await store.write("c", CacheStoreItem(bytes: [0xFF, 0], timeToLive: nil), within: .seconds(1))
        #expect(try await other.getOrLoad("c") { 5 } == 5)
        #expect(other.statistics.mismatches == 3)
    }

    @Test("What is too large for the second level is kept in memory only")
    func oversized() async throws {
        let (one, other) = (try cache(maximumValueSize: 100), try cache())
        let large = String(repeating: "x", count: 200)
        try await other.set("a", "small")
        try await one.set("a", large)
        #expect(try await one.get("a") == large)
        #expect(try await other.get("a", as: String.self) == nil)
        #expect(one.statistics.oversized == 1)
    }

    @Test("10,000 callers of two instances make one load each at most")
    func stampede() async throws {
        let (one, other) = (try cache(), try cache())
        let loads = Tally()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    try await (number % 2 == 0 ? one : other).getOrLoad("a") {
                        loads.increment()
                        await Task.yield()
                        return 1
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 10_000)
        #expect(loads.value <= 2)
    }

    @Test("A configuration out of range is refused with every problem")
    func configuration() {
        #expect {
            try TieredCache(
                store: store,
                configuration: .init(
                    memory: .init(capacity: 0), memoryTimeToLive: .zero, isolatedTimeToLive: .zero, budget: .zero,
                    removeAllTimeout: .zero, settlingTimeout: .zero, maximumValueSize: 0, maximumPendingRemovals: 0))
        } throws: { error in
            (error as? InvalidConfiguration)?.problems.map(\.key) == [
                "memory.capacity", "memoryTimeToLive", "isolatedTimeToLive", "budget", "removeAllTimeout",
                "settlingTimeout", "maximumValueSize", "maximumPendingRemovals",
            ]
        }
    }
}
