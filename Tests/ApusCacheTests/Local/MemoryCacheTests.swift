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
}
