// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The bounds of a cache in the process.
public struct CacheConfiguration: Sendable {
    /// Entries at most. Default: 10,000. At least 1.
    public var capacity: Int
    /// How long an entry may be used unless `set` says otherwise; nil for ever. Default: 5 min. Above zero.
    public var timeToLive: Duration?
    /// By which part at most a time to live is shortened at random, so that what was stored together doesn't expire
    /// together. Default: 0.1. 0 to 1.
    public var jitter: Double
    /// Locks over which the keys are spread. Default: 16; fewer if a shard would hold fewer than 64 entries. 1 to 256.
    public var shards: Int
    /// Loads that may run at the same time. Default: 10,000. At least 1.
    public var maximumLoads: Int
    public var time: TimeSource
    /// What the jitter is drawn from.
    public var seed: UInt64?

    public init(
        capacity: Int = 10_000, timeToLive: Duration? = .seconds(300), jitter: Double = 0.1, shards: Int = 16,
        maximumLoads: Int = 10_000, time: TimeSource = .system, seed: UInt64? = nil
    ) {
        self.capacity = capacity
        self.timeToLive = timeToLive
        self.jitter = jitter
        self.shards = shards
        self.maximumLoads = maximumLoads
        self.time = time
        self.seed = seed
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(capacity >= 1, "capacity", "must be at least 1, is \(capacity)")
        problems.require(
            timeToLive.map { $0 > .zero } ?? true, "timeToLive", "must be above zero, is \(timeToLive ?? .zero)")
        problems.require((0...1).contains(jitter), "jitter", "must be from 0 to 1, is \(jitter)")
        problems.require((1...256).contains(shards), "shards", "must be from 1 to 256, is \(shards)")
        problems.require(maximumLoads >= 1, "maximumLoads", "must be at least 1, is \(maximumLoads)")
        return problems
    }

    /// A power of two that leaves each shard at least 64 entries.
    var effectiveShards: Int {
        var count = 1
        while count * 2 <= shards, capacity / (count * 2) >= 64 { count *= 2 }
        return count
    }
}
