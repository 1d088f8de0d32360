// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The keys of one limit, spread over shards.
struct RateShards: Sendable {
    let rule: GCRA
    private let shards: [RateShard]

    init(_ rule: GCRA, maximumKeys: Int) {
        self.rule = rule
        // A power of two; small tables aren't split, so that their bound stays exact.
        var count = 1
        while count < 32, maximumKeys / (count * 2) >= 1024 { count *= 2 }
        shards = (0..<count).map { _ in RateShard(capacity: maximumKeys / count) }
    }

    /// The shard of a key, by the half of the hash that its table doesn't look at first.
    func shard(of key: UInt64) -> RateShard {
        shards[Int(truncatingIfNeeded: key >> 32) & (shards.count - 1)]
    }

    var statistics: RateLimiterStatistics {
        var sum = RateLimiterStatistics()
        for shard in shards {
            shard.table.withLock { table in
                sum.keys += table.count
                sum.bytes += table.bytes
                sum.allowed += table.allowed
                sum.limited += table.limited
                sum.evicted += table.evicted
            }
        }
        return sum
    }
}
