// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How long answers to requests with an `Idempotency-Key` are kept, and within which bounds.
public struct IdempotencyConfiguration: Sendable, Hashable {
    /// How long an answer is given again after it was given first. Default: 24 h. 1 s to 90 days.
    public var retention: Duration
    /// Answers kept; past that the oldest go first, when it is next cleaned up. Default: 1,000,000. At least 1.
    public var capacity: Int
    /// Bytes of an answer's body. Default: 64 KiB. 0 to 16 MiB.
    public var maximumBodyBytes: Int
    /// How long an attempt that shares no transaction with its record has its key for itself: if its process dies, the key
    /// is blocked for so long. Longer than the attempt may take. Default: 60 s. 1 s to 1 h.
    public var lease: Duration
    /// How long a request waits for another with the same key that is being worked on. Default: 5 s. 0 to 5 min.
    public var wait: Duration

    public init(
        retention: Duration = .seconds(86_400), capacity: Int = 1_000_000, maximumBodyBytes: Int = 64 << 10,
        lease: Duration = .seconds(60), wait: Duration = .seconds(5)
    ) {
        self.retention = retention
        self.capacity = capacity
        self.maximumBodyBytes = maximumBodyBytes
        self.lease = lease
        self.wait = wait
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(
            retention >= .seconds(1) && retention <= .seconds(90 * 86_400), "retention",
            "must be from 1 s to 90 days, is \(retention)")
        problems.require(capacity >= 1, "capacity", "must be at least 1, is \(capacity)")
        problems.require(
            (0...16 << 20).contains(maximumBodyBytes), "maximumBodyBytes",
            "must be from 0 to 16 MiB, is \(maximumBodyBytes)")
        problems.require(
            lease >= .seconds(1) && lease <= .seconds(3600), "lease", "must be from 1 s to 1 h, is \(lease)")
        problems.require(
            wait >= .zero && wait <= .seconds(300), "wait", "must be from 0 to 5 min, is \(wait)")
        return problems
    }
}
