// SPDX-License-Identifier: Apache-2.0
import ApusCache
import Testing

@Suite("Hit rates")
struct HitRateTests {
    private static let capacity = 2_000
    private static let traces = CacheTrace.all(capacity: capacity, length: 60_000)

    @Test("are within one point of a plain W-TinyLFU's, or better", arguments: traces)
    func reference(trace: CacheTrace) throws {
        let expected = Self.reference(trace)
        let rate = try Self.rate(trace)
        #expect(rate >= expected - 0.01, "\(rate), the reference \(expected)")
    }

    /// A loop is at the mercy of where in it the counts are halved, in each shard somewhere else: so the wider bound.
    @Test("don't suffer from shards", arguments: traces)
    func shards(trace: CacheTrace) throws {
        let expected = Self.reference(trace)
        let rate = try Self.rate(trace, shards: 16)
        #expect(rate >= expected - (trace.description == "loop" ? 0.04 : 0.01), "\(rate), the reference \(expected)")
    }

    @Test("follow when the popular keys are the newest ones, which a small window would not hold")
    func recency() throws {
        let trace = CacheTrace.recency(capacity: 200, length: 60_000)
        let fixed = try Self.rate(trace, capacity: 200, isAdaptive: false)
        let rate = try Self.rate(trace, capacity: 200)
        #expect(rate >= fixed + 0.1, "\(rate), with a fixed window \(fixed)")
    }

    private static func reference(_ trace: CacheTrace) -> Double {
        var reference = ReferenceTinyLFU(capacity: capacity)
        return Double(trace.keys.count { reference.access($0) }) / Double(trace.keys.count)
    }

    private static func rate(
        _ trace: CacheTrace, capacity: Int = capacity, shards: Int = 1, isAdaptive: Bool = true
    ) throws -> Double {
        let cache = try LocalCache<Int, Int>(
            .init(
                capacity: capacity, timeToLive: nil, jitter: 0, shards: shards, isAdaptive: isAdaptive, seed: 1))
        for key in trace.keys where cache.get(key) == nil { cache.set(key, key) }
        return cache.statistics.hitRatio ?? 0
    }
}
