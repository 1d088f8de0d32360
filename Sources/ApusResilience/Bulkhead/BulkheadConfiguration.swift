// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How many calls a bulkhead lets run at once, and how many wait for how long.
public struct BulkheadConfiguration: Sendable, Hashable {
    /// A part of the calls that has a share of its own, such as a tenant or live traffic beside batches.
    public struct Partition: Sendable, Hashable {
        /// What callers and statistics call it.
        public var name: String
        /// The share of ``BulkheadConfiguration/maximumCalls`` that it gets however busy the others are: above 0 and
        /// at most 1; at least one call. All shares together are at most 1.
        public var share: Double

        public init(_ name: String, share: Double) {
            self.name = name
            self.share = share
        }
    }

    /// How many calls run at once. Default 64, 1 to 1,000,000.
    public var maximumCalls = 64
    /// How many wait for their turn, first come, first served. Default 64, 0 (nobody waits) to 1,000,000.
    public var maximumWaiting = 64
    /// How long they wait at most; never past their own deadline. Default 1 s, 1 ms to 1 h.
    public var maximumWait = Duration.seconds(1)
    /// The parts with shares of their own. Default none, at most 16. A part may use what others leave free. When all
    /// calls are taken, one that is below its share is let through nonetheless: up to that share the limit is exceeded
    /// rather than the part shut out. Calls of no part have a share of none.
    public var partitions: [Partition] = []

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("maximumCalls", maximumCalls, in: 1...1_000_000)
        problems.requireInteger("maximumWaiting", maximumWaiting, in: 0...1_000_000)
        problems.requireDuration("maximumWait", maximumWait, in: .milliseconds(1) ... .seconds(3600))
        problems.require(partitions.count <= 16, "partitions", "must be at most 16, are \(partitions.count)")
        for (index, partition) in partitions.enumerated() {
            problems.require(
                partition.share > 0 && partition.share <= 1, "partitions[\(index)].share",
                "must be above 0 and at most 1, is \(partition.share)")
        }
        problems.require(
            Set(partitions.map(\.name)).count == partitions.count, "partitions", "must have names that differ")
        let sum = partitions.reduce(0) { $0 + $1.share }
        problems.require(!(sum > 1 + 1e-9), "partitions", "must have shares of at most 1 together, have \(sum)")
        return problems
    }
}
