// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusTesting
import Testing

@Suite("Times to live on two levels")
struct TieredJitterTests {
    let clock = ManualClock()

    private func cache(_ store: MemoryCacheStore, memoryTimeToLive: Duration? = nil) throws -> TieredCache {
        try TieredCache(
            store: store,
            configuration: .init(
                memory: .init(timeToLive: .seconds(100), jitter: 0.5, time: clock.timeSource, seed: 1),
                memoryTimeToLive: memoryTimeToLive))
    }

    private let keys = (0..<100).map { "k\($0)" }

    private func lives(_ store: MemoryCacheStore) async throws -> [Duration] {
        var lives: [Duration] = []
        for key in keys {
            let item = try await store.read(key, tags: [], within: .seconds(1)).item
            lives.append(try #require(item?.timeToLive))
        }
        return lives
    }

    @Test("what is loaded or set together doesn't expire together on the second level", arguments: [true, false])
    func spread(isLoaded: Bool) async throws {
        let store = MemoryCacheStore(time: clock.timeSource)
        let cache = try cache(store)
        for key in keys {
            if isLoaded { _ = try await cache.getOrLoad(key) { 1 } } else { try await cache.set(key, 1) }
        }
        let lives = try await lives(store)
        #expect(lives.allSatisfy { $0 >= .seconds(50) && $0 <= .seconds(100) })
        #expect(Set(lives).count > 90)
        let (shortest, longest) = (lives.min() ?? .zero, lives.max() ?? .zero)
        #expect(longest - shortest > .seconds(30))
    }

    @Test("what memory has of the second level ends when that does, in every instance")
    func together() async throws {
        let store = MemoryCacheStore(time: clock.timeSource)
        let (one, other) = (try cache(store), try cache(store))
        for key in keys { _ = try await one.getOrLoad(key) { 1 } }
        for key in keys { #expect(try await other.get(key) == 1) }
        let reads = other.statistics.remoteHits + other.statistics.remoteMisses
        let lives = try await lives(store)
        let shortest = try #require(lives.min())
        clock.advance(by: shortest - .milliseconds(1))
        for key in keys { #expect(try await other.get(key) == 1) }
        #expect(other.statistics.remoteHits + other.statistics.remoteMisses == reads, "memory had them all")
        clock.advance(by: .milliseconds(2))
        var gone = 0
        for key in keys where try await other.get(key, as: Int.self) == nil { gone += 1 }
        #expect(gone >= 1 && gone < 100)
    }

    @Test("what memory keeps for less time than the second level isn't asked for again all at once")
    func memory() async throws {
        let store = MemoryCacheStore(time: clock.timeSource)
        let cache = try cache(store, memoryTimeToLive: .seconds(10))
        for key in keys { _ = try await cache.getOrLoad(key) { 1 } }
        clock.advance(by: .seconds(7))
        for key in keys { #expect(try await cache.get(key) == 1) }
        #expect((10...90).contains(cache.statistics.remoteHits), "\(cache.statistics.remoteHits) asked again")
    }
}
