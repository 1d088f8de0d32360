// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusTesting
import Testing

@Suite("Making up for removals that did not reach the second level")
struct SettlingTests {
    let clock = ManualClock()
    let store: MemoryCacheStore
    let faulty: FaultyStore

    init() {
        store = MemoryCacheStore(time: clock.timeSource)
        faulty = FaultyStore(store)
    }

    private func cache(maximumPendingRemovals: Int = 10_000) throws -> TieredCache {
        try TieredCache(
            store: faulty,
            configuration: .init(
                memory: .init(jitter: 0, time: clock.timeSource), maximumPendingRemovals: maximumPendingRemovals))
    }

    private func owe(_ keys: [String], _ cache: TieredCache) async {
        faulty.removalFailure = .down
        for key in keys { await #expect(throws: CacheError.self) { try await cache.remove(key) } }
    }

    /// Lets the clock go on until nothing is owed.
    private func settled(_ cache: TieredCache) async throws {
        try await eventually("nothing is owed") {
            if clock.sleeperCount > 0 { clock.advance(by: .milliseconds(50)) }
            return cache.statistics.pendingRemovals == 0
        }
    }

    @Test("is done once for a hundred keys, however many read them meanwhile, who wait for nothing and see nothing old")
    func once() async throws {
        let (cache, keys) = (try cache(), (0..<100).map { "k\($0)" })
        for key in keys { try await cache.set(key, "old") }
        await owe(keys, cache)
        let tried = faulty.removals.entries.count
        let gate = Gate()
        faulty.removalGate = gate
        faulty.removalFailure = nil
        faulty.isDown = false
        await gate.reached()
        // What is under way doesn't end before they have read.
        let seen = try await withThrowingTaskGroup(of: [String?].self) { group in
            for key in keys.prefix(60) {
                group.addTask {
                    [try await cache.get(key, as: String.self), try await cache.getOrLoad(key) { "new" }]
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(seen == [[nil, "new"]])
        #expect(faulty.reads.entries.isEmpty)
        gate.open()
        try await settled(cache)
        #expect(faulty.removals.entries.count == tried + 1)
        #expect(faulty.removals.entries.last?.removal == .keys(keys))
        #expect(try await store.read("k99", tags: [], within: .seconds(1)).item == nil)
    }

    @Test("leaves readers of other keys alone, and those of what has a tag that was removed without it")
    func others() async throws {
        let (one, cache) = (try TieredCache(store: store), try cache())
        try await one.set("tagged", "old", policy: .init(tags: ["t"]))
        try await one.set("other", "good", policy: .init(tags: ["s"]))
        faulty.removalFailure = .down
        await #expect(throws: CacheError.self) { try await cache.removeAll(tagged: "t") }
        #expect(try await cache.get("other") == "good")
        #expect(try await cache.get("tagged", as: String.self) == nil)
        #expect(try await cache.getOrLoad("tagged") { "new" } == "new")
        #expect(cache.statistics.pendingRemovals == 1)
        faulty.removalFailure = nil
        try await settled(cache)
        #expect(try await store.read("other", tags: [], within: .seconds(1)).item != nil)
    }

    @Test("happens by itself, without a read and without an event, and goes on until it succeeds")
    func alone() async throws {
        let cache = try cache()
        try await cache.set("a", "old")
        await owe(["a"], cache)
        for attempt in 2...4 {
            try await eventually("attempt \(attempt)") {
                if clock.sleeperCount > 0 { clock.advance(by: .milliseconds(50)) }
                return faulty.removals.entries.count >= attempt
            }
        }
        #expect(cache.statistics.pendingRemovals == 1)
        faulty.removalFailure = nil
        try await settled(cache)
        #expect(try await store.read("a", tags: [], within: .seconds(1)).item == nil)
    }

    @Test("of everything keeps nobody waiting, and has a time of its own")
    func everything() async throws {
        let cache = try cache(maximumPendingRemovals: 2)
        try await cache.set("a", "old")
        await owe(["b", "c", "d"], cache)
        let gate = Gate()
        faulty.removalGate = gate
        faulty.removalFailure = nil
        faulty.isDown = false
        await gate.reached()
        #expect(faulty.removals.entries.last?.removal == .all)
        #expect(faulty.removals.entries.last?.time == .seconds(10))
        #expect(try await cache.get("x", as: String.self) == nil)
        #expect(faulty.reads.entries.isEmpty)
        gate.open()
        try await settled(cache)
        #expect(try await cache.get("x", as: String.self) == nil)
        #expect(faulty.reads.entries == ["x"])
    }

    @Test("goes on with the rest on a full server, which removes but stays owed")
    func full() async throws {
        let cache = try cache()
        try await cache.set("a", "old")
        try await store.write("b", CacheStoreItem(bytes: [], timeToLive: nil, tags: ["t"]), within: .seconds(1))
        await owe(["a"], cache)
        await #expect(throws: CacheError.self) { try await cache.removeAll(tagged: "t") }
        faulty.removalFailure = CacheError(.full, "no room")
        faulty.isDown = false
        try await eventually("both are removed") {
            let (a, b) = (
                try await store.read("a", tags: [], within: .seconds(1)).item,
                try await store.read("b", tags: [], within: .seconds(1)).item
            )
            return a == nil && b == nil
        }
        #expect(cache.statistics.pendingRemovals == 2)
        #expect(cache.statistics.remoteFull >= 2)
        faulty.removalFailure = nil
        try await settled(cache)
    }

    @Test("is tried once more when the cache is shut down, and not after that")
    func shutdown() async throws {
        let cache = try cache()
        try await cache.set("a", "old")
        await owe(["a"], cache)
        faulty.removalFailure = nil
        await cache.shutdown()
        #expect(cache.statistics.pendingRemovals == 0)
        #expect(try await store.read("a", tags: [], within: .seconds(1)).item == nil)
        #expect(faulty.removals.entries.last?.time == .seconds(1))
        await owe(["b"], cache)
        #expect(clock.sleeperCount == 0)
    }

    @Test("isn't begun for what a store can't do at all")
    func unsupported() async throws {
        let cache = try cache()
        faulty.removalFailure = CacheError(.unsupported, "no tags here")
        await #expect(throws: CacheError.self) { try await cache.removeAll(tagged: "t") }
        #expect(cache.statistics.pendingRemovals == 0)
    }
}
