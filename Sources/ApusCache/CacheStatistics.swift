// SPDX-License-Identifier: Apache-2.0
/// What a cache has counted since it was made.
public struct CacheStatistics: Sendable, Hashable {
    /// Gets, those inside of `getOrLoad` included, that found a value, and that did not.
    public var hits = 0
    public var misses = 0
    /// Entries that gave way to others.
    public var evictions = 0
    /// Entries found too old.
    public var expirations = 0
    /// Loads begun by `getOrLoad`.
    public var loads = 0
    public var loadFailures = 0
    /// Values found under their key with another type than asked for, treated as misses.
    public var mismatches = 0
    /// Entries at this moment.
    public var entries = 0

    public init() {}

    /// Hits among all gets; nil before the first.
    public var hitRatio: Double? {
        hits + misses == 0 ? nil : Double(hits) / Double(hits + misses)
    }

    /// The sum of two, as of the shards of one cache.
    public static func + (left: CacheStatistics, right: CacheStatistics) -> CacheStatistics {
        var sum = left
        sum.hits += right.hits
        sum.misses += right.misses
        sum.evictions += right.evictions
        sum.expirations += right.expirations
        sum.loads += right.loads
        sum.loadFailures += right.loadFailures
        sum.mismatches += right.mismatches
        sum.entries += right.entries
        return sum
    }
}
