// SPDX-License-Identifier: Apache-2.0

/// What a cache has counted since it was made. ``CacheInstrument`` says how metrics show it.
public struct CacheStatistics: Sendable, Hashable {
    /// Gets, those inside of `getOrLoad` included, that found a fresh value.
    public var hits = 0
    /// Gets that did not; some of them got a stale one.
    public var misses = 0
    /// Stale values given, by `staleWhileRevalidate` or `staleIfError`.
    public var staleServed = 0
    /// Entries that gave way to others for want of room.
    public var evictions = 0
    /// Those of the evicted that were not admitted: new ones, asked for no more often than what would have had to go.
    public var rejections = 0
    /// Entries that went because they were too old.
    public var expirations = 0
    /// Entries removed by key, by tag or all together.
    public var removals = 0
    /// Values not stored for being too large or having too many tags.
    public var oversized = 0
    /// Loads begun by `getOrLoad`, those in the background included.
    public var loads = 0
    /// Loads that failed.
    public var loadFailures = 0
    /// Loads begun in the background, while a value was there.
    public var refreshes = 0
    /// Callers who waited for a load that another had begun: the stampede that did not happen.
    public var loadsJoined = 0
    /// Loads and waiters refused at a limit.
    public var refusals = 0
    /// Values found under their key with another type or an older shape than asked for, treated as misses.
    public var mismatches = 0
    /// Gets that found a fresh value on the second level.
    public var remoteHits = 0
    /// Gets that didn't.
    public var remoteMisses = 0
    /// Calls of the second level that failed or came too late; the cache went on without it.
    public var remoteFailures = 0
    /// Those of them that came too late.
    public var remoteTimeouts = 0
    /// Those of them because the second level could not be reached, or was left alone for having failed too often.
    public var remoteUnavailable = 0
    /// Those of them because too many calls waited for it.
    public var remoteOverloads = 0
    /// Those of them because it had no memory left.
    public var remoteFull = 0
    /// Those of them that it refused: not permitted, or it takes no writes.
    public var remoteRefusals = 0
    /// Values not stored on the second level because something had been removed meanwhile.
    public var remoteConflicts = 0
    /// Messages of other instances that something was removed or replaced.
    public var invalidations = 0
    /// Entries at this moment.
    public var entries = 0
    /// The sum of their weights at this moment.
    public var weight = 0
    /// Removals at this moment that the second level hasn't heard of yet.
    public var pendingRemovals = 0

    /// Nothing counted.
    public init() {}

    /// Counts a call of the second level that failed.
    mutating func noteRemoteFailure(_ code: CacheError.Code) {
        remoteFailures &+= 1
        switch code {
        case .timeout: remoteTimeouts &+= 1
        case .unavailable: remoteUnavailable &+= 1
        case .overloaded: remoteOverloads &+= 1
        case .full: remoteFull &+= 1
        case .refused: remoteRefusals &+= 1
        default: break
        }
    }

    /// Hits among all gets; nil before the first.
    public var hitRatio: Double? {
        hits + misses == 0 ? nil : Double(hits) / Double(hits + misses)
    }

    /// The sum of two, as of the shards of one cache.
    public static func + (left: CacheStatistics, right: CacheStatistics) -> CacheStatistics {
        var sum = left
        for number in numbers { sum[keyPath: number] += right[keyPath: number] }
        return sum
    }

    private static var numbers: [WritableKeyPath<CacheStatistics, Int>] {
        [
            \.hits, \.misses, \.staleServed, \.evictions, \.rejections, \.expirations, \.removals, \.oversized, \.loads,
            \.loadFailures, \.refreshes, \.loadsJoined, \.refusals, \.mismatches, \.remoteHits, \.remoteMisses,
            \.remoteFailures, \.remoteTimeouts, \.remoteUnavailable, \.remoteOverloads, \.remoteFull, \.remoteRefusals,
            \.remoteConflicts, \.invalidations, \.entries, \.weight, \.pendingRemovals,
        ]
    }
}
