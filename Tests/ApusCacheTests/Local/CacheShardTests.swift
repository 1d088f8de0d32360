// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Synchronization
import Testing

@testable import ApusCache

@Suite("Shards of a cache")
struct CacheShardTests {
    @Test("keys are spread evenly over the shards", arguments: [1, 2, 16, 256])
    func spread(shards: Int) throws {
        let cache = try LocalCache<Int, Int>(.init(capacity: 100_000, shards: shards))
        for key in 0..<(100 * shards) { cache.set(key, key) }
        #expect(cache.shards.count == shards)
        for shard in cache.shards {
            let count = shard.state.withLock { $0.store.count }
            #expect((30...250).contains(count), "\(count) of 100")
        }
    }

    @Test("what a load finds to have a tag isn't stored if something was removed by a tag meanwhile")
    func unknownTag() async throws {
        let cache = try LocalCache<String, Int>()
        let gate = Gate()
        let load = Task {
            try await cache.loadOnce(HashedKey("a"), CachePolicy()) { _ in
                await gate.wait()
                return Loaded(1, policy: CachePolicy(tags: ["t"]))
            }
        }
        await gate.reached()
        cache.removeAll(tagged: "t")
        gate.open()
        #expect(try await load.value == 1)
        #expect(cache.get("a") == nil)
    }
}
