// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusTesting
import Testing

@Suite("Values past their time")
struct LoadingPolicyTests {
    struct SourceDown: Error {}

    let clock = ManualClock()

    private func cache(maximumLoads: Int = 10) throws -> LocalCache<String, Int> {
        try LocalCache(
            .init(
                timeToLive: .seconds(10), jitter: 0, maximumLoads: maximumLoads, maximumWaiters: 2,
                time: clock.timeSource, seed: 1))
    }

    @Test("A stale value is given at once while one load replaces it")
    func staleWhileRevalidate() async throws {
        let cache = try cache()
        let policy = CachePolicy(staleWhileRevalidate: .seconds(5))
        cache.set("a", 1, policy)
        clock.advance(by: .seconds(12))
        #expect(cache.get("a") == nil)
        let gate = Gate()
        let loads = Tally()
        for _ in 0..<5 {
            let value = try await cache.getOrLoad("a", policy: policy) {
                loads.increment()
                await gate.wait()
                return 2
            }
            #expect(value == 1)
        }
        gate.open()
        try await eventually("the new value") { cache.get("a") == 2 }
        #expect(loads.value == 1)
        #expect(cache.statistics.staleServed == 5)
        #expect(cache.statistics.refreshes == 1)
        clock.advance(by: .seconds(15))
        let value = try await cache.getOrLoad("a", policy: policy) { 3 }
        #expect(value == 3)
    }

    @Test("A removal during a load in the background isn't overwritten by it")
    func removalDuringRefresh() async throws {
        let cache = try cache()
        let policy = CachePolicy(staleWhileRevalidate: .seconds(5))
        cache.set("a", 1, policy)
        clock.advance(by: .seconds(12))
        let gate = Gate()
        let ended = Gate()
        _ = try await cache.getOrLoad("a", policy: policy) {
            await gate.wait()
            defer { ended.open() }
            return 2
        }
        await gate.reached()
        cache.remove("a")
        gate.open()
        await ended.wait()
        let value = try await cache.getOrLoad("a", policy: policy) { 3 }
        #expect(value == 3)
        #expect(cache.get("a") == 3)
    }

    @Test("While the source is down the old value is given, and the source asked now and then, until it is too old")
    func staleIfError() async throws {
        let cache = try cache()
        let policy = CachePolicy(staleIfError: .seconds(60), retryAfterFailure: .seconds(2))
        let attempts = Tally()
        func ask() async throws -> Int {
            try await cache.getOrLoad("a", policy: policy) {
                attempts.increment()
                throw SourceDown()
            }
        }
        cache.set("a", 1, policy)
        clock.advance(by: .seconds(11))
        for _ in 0..<3 { #expect(try await ask() == 1) }
        #expect(attempts.value == 1)
        clock.advance(by: .seconds(2))
        #expect(try await ask() == 1)
        #expect(attempts.value == 2)
        #expect(cache.statistics.staleServed == 4)
        #expect(cache.statistics.loadFailures == 2)
        clock.advance(by: .seconds(57))
        await #expect(throws: SourceDown.self) { try await ask() }
    }

    @Test("Without leave to be stale a failure is told to all, and the stale window of one policy isn't another's")
    func strictPolicy() async throws {
        let cache = try cache()
        cache.set("a", 1, CachePolicy(staleIfError: .seconds(60)))
        clock.advance(by: .seconds(11))
        await #expect(throws: SourceDown.self) {
            try await cache.getOrLoad("a", policy: CachePolicy()) { throw SourceDown() }
        }
    }

    @Test("A value asked for late in its life is replaced before it expires, in the background")
    func refreshAhead() async throws {
        let cache = try cache()
        let policy = CachePolicy(refreshAhead: 0.8)
        cache.set("a", 1, policy)
        clock.advance(by: .seconds(7))
        let early = try await cache.getOrLoad("a", policy: policy) { 2 }
        #expect(early == 1)
        #expect(cache.statistics.refreshes == 0)
        clock.advance(by: .seconds(2))
        let late = try await cache.getOrLoad("a", policy: policy) { 2 }
        #expect(late == 1)
        try await eventually("the new value") { cache.get("a") == 2 }
        #expect(cache.statistics.staleServed == 0)
    }

    @Test("Tags remove together, also what is being loaded, and nothing else")
    func tags() async throws {
        let cache = try cache()
        cache.set("a", 1, CachePolicy(tags: ["x", "y"]))
        cache.set("b", 2, CachePolicy(tags: ["y"]))
        cache.set("c", 3)
        let gate = Gate()
        let loading = Task {
            try await cache.getOrLoad("d", policy: CachePolicy(tags: ["x"])) {
                await gate.wait()
                return 4
            }
        }
        await gate.reached()
        cache.removeAll(tagged: "x")
        gate.open()
        #expect(try await loading.value == 4)
        #expect(["a", "b", "c", "d"].map { cache.get($0) } == [nil, 2, 3, nil])
        cache.set("b", 5, CachePolicy(tags: ["z"]))
        cache.removeAll(tagged: "y")
        #expect(cache.get("b") == 5)
        cache.set("e", 6, CachePolicy(tags: (0..<17).map(String.init)))
        #expect(cache.get("e") == nil)
        #expect(cache.statistics.oversized == 1)
    }

    @Test("No more may wait for one load than allowed")
    func waiters() async throws {
        let cache = try cache()
        let gate = Gate()
        let tasks = (0..<2).map { _ in
            Task {
                try await cache.getOrLoad("a") {
                    await gate.wait()
                    return 1
                }
            }
        }
        try await eventually("both waiting") { cache.statistics.loads + cache.statistics.loadsJoined == 2 }
        do {
            _ = try await cache.getOrLoad("a") { 2 }
            Issue.record("a third may wait")
        } catch let error as CacheError {
            #expect(error.code == .overloaded)
            #expect(error.retryAfter != nil)
        }
        #expect(cache.statistics.refusals == 1)
        gate.open()
        for task in tasks { #expect(try await task.value == 1) }
    }

    @Test("A load that is cancelled from within releases all who wait")
    func crash() async throws {
        let cache = try cache()
        let gate = Gate()
        let tasks = (0..<2).map { _ in
            Task {
                try await cache.getOrLoad("a") { () async throws -> Int in
                    await gate.wait()
                    throw CancellationError()
                }
            }
        }
        try await eventually("both waiting") { cache.statistics.loadsJoined == 1 }
        gate.open()
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
        let value = try await cache.getOrLoad("a") { 1 }
        #expect(value == 1)
    }

    @Test("A bound by weight is never exceeded, and what is heavier than all isn't stored")
    func weight() throws {
        let cache = try LocalCache<Int, [Int]>(.init(capacity: 1_000, jitter: 0, shards: 1)) { $1.count }
        for key in 0..<300 {
            cache.set(key, Array(repeating: 0, count: key % 90))
            #expect(cache.statistics.weight <= 1_000)
        }
        #expect(cache.statistics.weight > 800)
        cache.set(1_000, Array(repeating: 0, count: 1_001))
        #expect(cache.get(1_000) == nil)
        #expect(cache.statistics.oversized == 1)
    }

    @Test("The metrics of a cache have names of their own")
    func instruments() {
        let names = CacheInstrument.all.map { "\($0.prometheusName) \($0.attribute?.value ?? "")" }
        #expect(Set(names).count == names.count)
        var statistics = CacheStatistics()
        statistics.hits = 3
        #expect(
            CacheInstrument.all.filter { $0.value(statistics) == 3 }.map(\.prometheusName) == ["cache_requests_total"])
    }
}
