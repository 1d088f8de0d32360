// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// What a cache on Redis may take of time and memory.
public struct RedisCacheConfiguration: Sendable {
    /// What every key begins with, so that one database serves several caches; empty leaves keys as they are (`user:42`),
    /// and `removeAll` is refused then. Default `cache:`. At most 200 bytes.
    public var namespace = "cache:"
    /// How long an entry may be used unless `set` says otherwise. Default 5 min, 1 ms to 365 days.
    public var timeToLive = Duration.seconds(300)
    /// By which part at most a time to live is shortened at random, so that what was stored together doesn't expire
    /// together. Default 0.1. 0 to 1.
    public var jitter = 0.1
    /// The longest that a request waits for Redis at each step. Default 50 ms, 1 ms to 1 min.
    public var budget = Duration.milliseconds(50)
    /// How long `removeAll` may take. Default 10 s, 1 ms to 1 h.
    public var removeAllTimeout = Duration.seconds(10)
    /// The largest value, encoded. A larger one is refused with `too_large`, and what was under its key is removed.
    /// Default 1 MiB, 1 to 32 MiB.
    public var maximumValueBytes = 1 << 20
    /// The version of the shape of the values. Raise it when a type changes so that older values would be read wrongly:
    /// values of another version are misses. Default 1, 0 to 1,000,000.
    public var schemaVersion = 1
    /// For how long a removal is remembered in Redis, so that a load that began before it isn't stored. A load that takes
    /// longer is not stored at all. Default 1 min, 1 s to 1 h.
    public var longestLoad = Duration.seconds(60)
    /// Loads that may run at the same time. Default 10,000. At least 1.
    public var maximumLoads = 10_000
    /// Whether `set` and `remove` tell other instances (``RedisCache/invalidations()``). Default true.
    public var publishes = true
    /// Removals that Redis hasn't confirmed and that are remembered, in this process, until it does. Beyond it nothing in
    /// Redis is believed for a time to live. Default 10,000, 1 to 1,000,000.
    public var maximumUnconfirmed = 10_000
    /// When Redis is left alone after failures. Default: 5 in a row or half of 20 in 10 s; for 1 s, growing to 10 s.
    public var breaker: CircuitBreakerConfiguration
    /// What jitter and names of this instance are drawn from; nil for a seed of the system.
    public var seed: UInt64?

    public init() {
        breaker = CircuitBreakerConfiguration()
        breaker.openDuration = .seconds(1)
        breaker.maximumOpenDuration = .seconds(10)
        breaker.halfOpenPermits = 1
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(
            namespace.utf8.count <= 200, "namespace", "must have at most 200 bytes, has \(namespace.utf8.count)")
        problems.check("timeToLive", timeToLive, in: .milliseconds(1) ... .seconds(365 * 86_400))
        problems.check("jitter", jitter, in: 0...1)
        problems.check("budget", budget, in: .milliseconds(1) ... .seconds(60))
        problems.check("removeAllTimeout", removeAllTimeout, in: .milliseconds(1) ... .seconds(3_600))
        problems.check("maximumValueBytes", maximumValueBytes, in: 1...32 << 20)
        problems.check("schemaVersion", schemaVersion, in: 0...1_000_000)
        problems.check("longestLoad", longestLoad, in: .seconds(1) ... .seconds(3_600))
        problems.require(maximumLoads >= 1, "maximumLoads", "must be at least 1, is \(maximumLoads)")
        problems.check("maximumUnconfirmed", maximumUnconfirmed, in: 1...1_000_000)
        problems += breaker.validate().map { ConfigurationProblem("breaker.\($0.key)", $0.message) }
        return problems
    }
}
