// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The bounds of a cache in the process.
public struct CacheConfiguration: Sendable {
    /// Entries at most, or the sum of weights at most if entries are weighed. Default: 10,000. At least 1.
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
    /// Callers that may wait for one load. Default: 100,000. At least 1.
    public var maximumWaiters: Int
    /// How much time a load has at least, as the deadline of its `CallContext`: that of the caller who began it, if it is
    /// earlier, is not that of the others who wait. A load that was begun without a deadline has none. Default: 30 s. Above
    /// zero.
    public var loadTimeout: Duration
    /// Whether W-TinyLFU fits its window to the requests. The window is 1 % of the capacity otherwise. Default: true.
    public var isAdaptive: Bool
    /// Where a load is to run, asked when it begins: such as the event loop of the caller, so that a miss needs no other
    /// thread. Default: wherever tasks run.
    public var executor: (@Sendable () -> (any TaskExecutor)?)?
    /// The clock that times to live are measured with.
    public var time: TimeSource
    /// What the jitter is drawn from. Default: nil, the system's randomness.
    public var seed: UInt64?

    /// A configuration with the defaults named above.
    public init(
        capacity: Int = 10_000, timeToLive: Duration? = .seconds(300), jitter: Double = 0.1, shards: Int = 16,
        maximumLoads: Int = 10_000, maximumWaiters: Int = 100_000, loadTimeout: Duration = .seconds(30),
        isAdaptive: Bool = true,
        executor: (@Sendable () -> (any TaskExecutor)?)? = nil, time: TimeSource = .system, seed: UInt64? = nil
    ) {
        self.capacity = capacity
        self.timeToLive = timeToLive
        self.jitter = jitter
        self.shards = shards
        self.maximumLoads = maximumLoads
        self.maximumWaiters = maximumWaiters
        self.loadTimeout = loadTimeout
        self.isAdaptive = isAdaptive
        self.executor = executor
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
        problems.require(maximumWaiters >= 1, "maximumWaiters", "must be at least 1, is \(maximumWaiters)")
        problems.require(loadTimeout > .zero, "loadTimeout", "must be above zero, is \(loadTimeout)")
        return problems
    }

    /// A power of two that leaves each shard at least 64 entries.
    var effectiveShards: Int {
        var count = 1
        while count * 2 <= shards, capacity / (count * 2) >= 64 { count *= 2 }
        return count
    }
}
