// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// What a ``RedisCacheStore`` may take of time and memory.
public struct RedisCacheConfiguration: Sendable {
    /// What every key begins with, so that one database serves several caches, and the cache knows which keys are its own
    /// when it removes everything. Default `cache:`. 1 to 200 bytes.
    public var namespace = "cache:"
    /// The largest value, encoded. A larger one is refused with `too_large`. Default 1 MiB, 1 to 32 MiB.
    public var maximumValueBytes = 1 << 20
    /// For how long a removal is remembered in Redis, so that a load that began before it isn't stored. A load that takes
    /// longer is not stored at all. Default 1 min, 1 s to 1 h.
    public var longestLoad = Duration.seconds(60)
    /// When Redis is left alone after failures. Default: 5 in a row or half of 20 in 10 s; for 1 s, growing to 10 s.
    public var breaker: CircuitBreakerConfiguration
    /// What the names of this instance's marks are drawn from; nil for a seed of the system.
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
            (1...200).contains(namespace.utf8.count), "namespace",
            "must have 1 to 200 bytes, has \(namespace.utf8.count)")
        problems.check("maximumValueBytes", maximumValueBytes, in: 1...32 << 20)
        problems.check("longestLoad", longestLoad, in: .seconds(1) ... .seconds(3_600))
        problems += breaker.validate().map { ConfigurationProblem("breaker.\($0.key)", $0.message) }
        return problems
    }
}
