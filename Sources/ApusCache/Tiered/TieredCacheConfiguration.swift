// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The bounds of a ``TieredCache``.
public struct TieredCacheConfiguration: Sendable {
    /// The memory level. Its time to live is the default of both, and its jitter shortens what is kept on both, once.
    public var memory: CacheConfiguration
    /// How long a value is used from memory at most before the second level is asked again; nil: as long as it is fresh.
    /// Default: nil. Above zero.
    public var memoryTimeToLive: Duration?
    /// How long at most while messages of other instances get lost. Default: 5 s. Above zero.
    public var isolatedTimeToLive: Duration
    /// How much time of a caller the second level may take in all: reading and filling together, or one change other than
    /// removing everything. Default: 50 ms. Above zero.
    public var budget: Duration
    /// How much time removing everything may take, of a caller or in the background. Default: 10 s. Above zero.
    public var removeAllTimeout: Duration
    /// How much time one attempt to make up for removals may take, in the background and when the cache is shut down.
    /// Default: 1 s. Above zero.
    public var settlingTimeout: Duration
    /// Bytes of an encoded value at most; larger ones are kept in memory only. Default: 1 MiB. At least 1.
    public var maximumValueSize: Int
    /// Removals remembered that did not reach the second level; beyond, all of it is removed when it is there again, and
    /// not read before that.
    /// Default: 10,000. At least 1.
    public var maximumPendingRemovals: Int

    /// A configuration with the defaults named above.
    public init(
        memory: CacheConfiguration = .init(), memoryTimeToLive: Duration? = nil,
        isolatedTimeToLive: Duration = .seconds(5), budget: Duration = .milliseconds(50),
        removeAllTimeout: Duration = .seconds(10), settlingTimeout: Duration = .seconds(1),
        maximumValueSize: Int = 1 << 20, maximumPendingRemovals: Int = 10_000
    ) {
        self.memory = memory
        self.memoryTimeToLive = memoryTimeToLive
        self.isolatedTimeToLive = isolatedTimeToLive
        self.budget = budget
        self.removeAllTimeout = removeAllTimeout
        self.settlingTimeout = settlingTimeout
        self.maximumValueSize = maximumValueSize
        self.maximumPendingRemovals = maximumPendingRemovals
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems = memory.validate().map { ConfigurationProblem("memory.\($0.key)", $0.message) }
        problems.require(memoryTimeToLive.map { $0 > .zero } ?? true, "memoryTimeToLive", "must be above zero")
        problems.require(isolatedTimeToLive > .zero, "isolatedTimeToLive", "must be above zero")
        problems.require(budget > .zero, "budget", "must be above zero, is \(budget)")
        problems.require(removeAllTimeout > .zero, "removeAllTimeout", "must be above zero, is \(removeAllTimeout)")
        problems.require(settlingTimeout > .zero, "settlingTimeout", "must be above zero, is \(settlingTimeout)")
        problems.require(maximumValueSize >= 1, "maximumValueSize", "must be at least 1, is \(maximumValueSize)")
        problems.require(
            maximumPendingRemovals >= 1, "maximumPendingRemovals", "must be at least 1, is \(maximumPendingRemovals)")
        return problems
    }
}
