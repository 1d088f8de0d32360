// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How an adaptive limit is found, and within which bounds.
public struct AdaptiveConcurrencyConfiguration: Sendable, Hashable {
    /// Where the limit starts. Default 20, from ``minimumLimit`` to ``maximumLimit``. Better too low than too high: what is
    /// taken for normal is learned from the first calls, and put right by probes within some ten seconds.
    public var initialLimit = 20
    /// The floor. Default 4, 1 to 1,000,000. With so few calls at once a latency is taken for that of the peer itself, so
    /// that the limit doesn't stay there when the peer has become slower for good. Probes don't go below it either.
    public var minimumLimit = 4
    /// The ceiling. Default 1,000, from ``minimumLimit`` to 1,000,000.
    public var maximumLimit = 1_000
    /// By how much the latency may exceed the normal one before the limit falls. Default 1.5, 1.05 to 10.
    public var tolerance = 1.5
    /// How much of each step is taken at once. Default 0.2, 0.01 to 1.
    public var smoothing = 0.2
    /// How long calls are watched for one step, at least. Default 100 ms, 1 ms to 1 min.
    public var window = Duration.milliseconds(100)
    /// How many calls must have ended for one step; the window lasts until then. Default 20, 1 to 100,000.
    public var minimumSamples = 20
    /// Over how many steps the normal latency is averaged. Default 600, 10 to 1,000,000.
    public var baselineWindows = 600
    /// How many calls wait for their turn. Default 0: they are refused at once. 0 to 1,000,000.
    public var maximumWaiting = 0
    /// How long they wait at most; never past their own deadline. Default 1 s, 1 ms to 1 h.
    public var maximumWait = Duration.seconds(1)
    /// The parts with shares of their own of the limit, whatever it is. Default none.
    public var partitions: [BulkheadConfiguration.Partition] = []

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("minimumLimit", minimumLimit, in: 1...1_000_000)
        problems.require(
            maximumLimit >= minimumLimit && maximumLimit <= 1_000_000, "maximumLimit",
            "must be from minimumLimit (\(minimumLimit)) to 1000000, is \(maximumLimit)")
        problems.require(
            initialLimit >= minimumLimit && initialLimit <= maximumLimit, "initialLimit",
            "must be from minimumLimit (\(minimumLimit)) to maximumLimit (\(maximumLimit)), is \(initialLimit)")
        problems.require(
            tolerance >= 1.05 && tolerance <= 10, "tolerance", "must be from 1.05 to 10, is \(tolerance)")
        problems.require(
            smoothing >= 0.01 && smoothing <= 1, "smoothing", "must be from 0.01 to 1, is \(smoothing)")
        problems.requireDuration("window", window, in: .milliseconds(1) ... .seconds(60))
        problems.requireInteger("minimumSamples", minimumSamples, in: 1...100_000)
        problems.requireInteger("baselineWindows", baselineWindows, in: 10...1_000_000)
        return problems + bulkhead.validate().filter { $0.key != "maximumCalls" }
    }

    /// The bulkhead that the limit drives.
    var bulkhead: BulkheadConfiguration {
        var bulkhead = BulkheadConfiguration()
        bulkhead.maximumCalls = initialLimit
        bulkhead.maximumWaiting = maximumWaiting
        bulkhead.maximumWait = maximumWait
        bulkhead.partitions = partitions
        return bulkhead
    }
}
