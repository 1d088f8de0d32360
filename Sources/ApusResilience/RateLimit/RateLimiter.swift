// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Limits the rate of requests per key (a client, an address, a token), in this process, with bounded memory.
///
/// Each key has the burst and the rate of one ``RateLimit``. The keys are spread over shards with a lock each. At most
/// `maximumKeys` are remembered: expired ones make room first, then of a sample the one that is closest to its expiry.
///
/// Of a key only its hash is kept, 64 bits with the seed that Swift draws for each process: nobody can aim at another's
/// limit, and among a million keys the chance that any two share one is about 3 in 100 million.
///
/// Safe to use from any thread; a decision takes one short lock.
public final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    private let rule: GCRA
    private let time: TimeSource
    private let shards: [RateShard]

    /// - Parameters:
    ///   - limit: the rate and the burst of each key.
    ///   - maximumKeys: how many keys are remembered. Default 65,536; 1 to 100,000,000. A key takes about
    ///     40 bytes, whatever its own size.
    ///   - time: the clock, the machine's by default.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(
        _ limit: RateLimit, maximumKeys: Int = 65_536, time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        var problems = limit.validate()
        problems.requireInteger("maximumKeys", maximumKeys, in: 1...100_000_000)
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        rule = try GCRA(limit)
        self.time = time
        // A power of two; small tables aren't split, so that their bound stays exact.
        var count = 1
        while count < 32, maximumKeys / (count * 2) >= 1024 { count *= 2 }
        shards = (0..<count).map { _ in RateShard(capacity: maximumKeys / count) }
    }

    /// Decides about a request of `key` now.
    ///
    /// - Parameter cost: how many requests it counts for. Default 1; 0 asks without taking anything.
    public func check(_ key: Key, cost: UInt32 = 1) -> RateDecision {
        check(key, cost: cost, now: time.now)
    }

    /// Decides about a request of `key` at `now`, for callers that know the time.
    public func check(_ key: Key, cost: UInt32 = 1, now: Instant) -> RateDecision {
        decide(UInt64(truncatingIfNeeded: key.hashValue), cost: cost, now: now)
    }

    private func decide(_ key: UInt64, cost: UInt32, now: Instant) -> RateDecision {
        let shard = shards[Int(truncatingIfNeeded: key >> 32) & (shards.count - 1)]
        return shard.table.withLock { $0.decide(key, cost: cost, by: rule, now: now) }
    }

    /// How many keys are remembered and what was decided so far.
    public var statistics: RateLimiterStatistics {
        var sum = RateLimiterStatistics()
        for shard in shards {
            shard.table.withLock { table in
                sum.keys += table.count
                sum.allowed += table.allowed
                sum.limited += table.limited
                sum.evicted += table.evicted
            }
        }
        return sum
    }
}
