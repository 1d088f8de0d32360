// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusTesting
import Testing

@Suite("The cache in memory")
struct MemoryCacheTests {
    @Test("keeps the promises of Cache", arguments: CacheConformance.checks + CacheConformance.policies)
    func conformance(check: ConformanceCheck<any Cache>) async throws {
        try await check.run(try MemoryCache())
    }

    @Test("What was loaded where it was remembered that there is nothing takes its place")
    func insisting() async throws {
        let cache = try MemoryCache()
        let policy = CachePolicy(negativeTimeToLive: .seconds(60))
        #expect(try await cache.findOrLoad("a", policy: policy) { () -> Int? in nil } == nil)
        #expect(try await cache.getOrLoad("a", policy: policy) { 7 } == 7)
        #expect(try await cache.findOrLoad("a", policy: policy) { () -> Int? in nil } == 7)
        // Of another type, likewise.
        #expect(try await cache.getOrLoad("a", policy: policy) { "seven" } == "seven")
        #expect(try await cache.get("a", as: String.self) == "seven")
    }
}
