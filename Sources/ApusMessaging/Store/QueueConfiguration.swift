// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The bounds of a queue, and who its messages come from.
public struct QueueConfiguration: Sendable {
    /// The source of the messages published here: `/services/orders`. Not empty.
    public var source: String
    /// Messages that may wait in each channel; more are refused with `overloaded`. Default: 100,000. At least 1.
    /// Several processes on one database may exceed it by what they publish within a second.
    public var capacity: Int
    /// Bytes of a message as a CloudEvents document. Default: 256 KiB. 1 KiB to 16 MiB.
    public var maximumBytes: Int
    /// How long a finished message is remembered, so that the same published again has no effect. Default: 1 h.
    /// Not negative.
    public var deduplicationWindow: Duration
    /// How long dead messages are kept. Default: 30 days. Above zero.
    public var deadRetention: Duration
    /// What publishers do when a channel is full. Default: reject.
    public var whenFull: FullPolicy
    /// Dead messages kept in each channel; the oldest go first. Default: 100,000. At least 1.
    public var deadCapacity: Int

    public init(
        source: String, capacity: Int = 100_000, maximumBytes: Int = 256 << 10,
        deduplicationWindow: Duration = .seconds(3600), deadRetention: Duration = .seconds(30 * 86_400),
        deadCapacity: Int = 100_000, whenFull: FullPolicy = .reject
    ) {
        self.source = source
        self.capacity = capacity
        self.maximumBytes = maximumBytes
        self.deduplicationWindow = deduplicationWindow
        self.deadRetention = deadRetention
        self.deadCapacity = deadCapacity
        self.whenFull = whenFull
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(!source.isEmpty, "source", "must not be empty")
        problems.require(capacity >= 1, "capacity", "must be at least 1, is \(capacity)")
        problems.require(
            (1 << 10...16 << 20).contains(maximumBytes), "maximumBytes",
            "must be from 1 KiB to 16 MiB, is \(maximumBytes)")
        problems.require(
            deduplicationWindow >= .zero, "deduplicationWindow", "must not be negative, is \(deduplicationWindow)")
        problems.require(deadRetention > .zero, "deadRetention", "must be above zero, is \(deadRetention)")
        problems.require(deadCapacity >= 1, "deadCapacity", "must be at least 1, is \(deadCapacity)")
        if case .wait(let limit) = whenFull {
            problems.require(limit > .zero, "whenFull", "the wait must be above zero, is \(limit)")
        }
        return problems
    }
}
