// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Where in Redis a ``RedisQueue`` is.
public struct RedisQueueConfiguration: Sendable {
    /// What its keys begin with, in braces: all of them lie in one slot of a cluster. One database may hold several queues,
    /// each with a prefix of its own. Default `apus`. 1 to 100 bytes, without braces.
    public var prefix: String
    /// Appends that wait to be sent; one more is refused with `overloaded`. Default 16,384, 1 to 1,000,000.
    public var maximumPending: Int
    /// Bytes of those appends. Default 64 MiB, 1 MiB to 1 GiB.
    public var maximumPendingBytes: Int
    /// What the name of this instance is drawn from; nil for a seed of the system.
    public var seed: UInt64?

    public init(
        prefix: String = "apus", maximumPending: Int = 16_384, maximumPendingBytes: Int = 64 << 20, seed: UInt64? = nil
    ) {
        self.prefix = prefix
        self.maximumPending = maximumPending
        self.maximumPendingBytes = maximumPendingBytes
        self.seed = seed
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(
            (1...100).contains(prefix.utf8.count), "prefix", "must have 1 to 100 bytes, has \(prefix.utf8.count)")
        problems.require(!prefix.contains { "{}".contains($0) }, "prefix", "must have no braces")
        problems.require(
            (1...1_000_000).contains(maximumPending), "maximumPending",
            "must be from 1 to 1000000, is \(maximumPending)")
        problems.require(
            (1 << 20...1 << 30).contains(maximumPendingBytes), "maximumPendingBytes",
            "must be from 1 MiB to 1 GiB, is \(maximumPendingBytes)")
        return problems
    }
}
