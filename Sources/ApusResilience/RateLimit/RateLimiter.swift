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
    private let shards: RateShards
    private let time: TimeSource

    /// - Parameters:
    ///   - limit: the rate and the burst of each key.
    ///   - maximumKeys: how many keys are remembered. Default 65,536; 1 to 100,000,000. A key takes 21 to
    ///     43 bytes, whatever its own size.
    ///   - time: the clock, the machine's by default.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(
        _ limit: RateLimit, maximumKeys: Int = 65_536, time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        var problems = limit.validate()
        problems.requireInteger("maximumKeys", maximumKeys, in: 1...100_000_000)
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        shards = RateShards(try GCRA(limit), maximumKeys: maximumKeys)
        self.time = time
    }

    /// Decides about a request of `key` now.
    ///
    /// - Parameter cost: how many requests it counts for. Default 1; 0 asks without taking anything.
    @inlinable
    public func check(_ key: Key, cost: UInt32 = 1) -> RateDecision {
        decide(UInt64(truncatingIfNeeded: key.hashValue), cost: cost)
    }

    /// Decides about a request of `key` at `now`, for callers that know the time.
    @inlinable
    public func check(_ key: Key, cost: UInt32 = 1, now: Instant) -> RateDecision {
        decide(UInt64(truncatingIfNeeded: key.hashValue), cost: cost, now: now)
    }

    @usableFromInline
    func decide(_ key: UInt64, cost: UInt32) -> RateDecision { decide(key, cost: cost, now: time.now) }

    @usableFromInline
    func decide(_ key: UInt64, cost: UInt32, now: Instant) -> RateDecision {
        shards.withTable(of: key) { $0.decide(key, cost: cost, by: shards.rule, now: now) }
    }

    /// How many keys are remembered and what was decided so far.
    public var statistics: RateLimiterStatistics { shards.statistics }
}
