// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusTesting
import Testing

@Suite("A cache that only keeps values while they are fresh")
struct CacheDefaultsTests {
    /// Has what `Cache` requires and no more.
    private struct PlainCache: Cache {
        let memory: MemoryCache

        func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value? {
            try await memory.get(key, as: type)
        }

        func set<Value: Codable & Sendable>(
            _ key: String, _ value: Value, timeToLive: Duration?
        ) async throws(CacheError) {
            try await memory.set(key, value, timeToLive: timeToLive)
        }

        func remove(_ key: String) async throws(CacheError) { try await memory.remove(key) }

        func removeAll() async throws(CacheError) { try await memory.removeAll() }

        func getOrLoad<Value: Codable & Sendable>(
            _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
        ) async throws -> Value {
            try await memory.getOrLoad(key, timeToLive: timeToLive, load: load)
        }

        var statistics: CacheStatistics { memory.statistics }
    }

    @Test("keeps the promises of Cache but for policies", arguments: CacheConformance.checks)
    func conformance(check: ConformanceCheck<any Cache>) async throws {
        try await check.run(PlainCache(memory: try MemoryCache()))
    }

    @Test("refuses tags, and finds nothing anew each time")
    func policies() async throws {
        let cache = PlainCache(memory: try MemoryCache())
        let tagged = CachePolicy(tags: ["x"])
        let code = CacheError.Code.unsupported
        await #expect { try await cache.set("a", 1, policy: tagged) } throws: { ($0 as? CacheError)?.code == code }
        await #expect { try await cache.removeAll(tagged: "x") } throws: { ($0 as? CacheError)?.code == code }
        await #expect {
            _ = try await cache.getOrLoad("a", policy: tagged) { 1 }
        } throws: {
            ($0 as? CacheError)?.code == code
        }
        let loads = Tally()
        for _ in 0..<2 {
            let found = try await cache.findOrLoad("a", policy: CachePolicy(negativeTimeToLive: .seconds(9))) {
                loads.increment()
                return nil as Int?
            }
            #expect(found == nil)
        }
        #expect(loads.value == 2)
        #expect(try await cache.findOrLoad("b", policy: CachePolicy()) { 1 } == 1)
        #expect(try await cache.get("b") == 1)
    }
}
