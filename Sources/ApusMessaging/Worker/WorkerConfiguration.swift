// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How a worker takes messages and what it does when they fail.
public struct WorkerConfiguration: Sendable {
    /// Handlers at the same time. Default: 16. 1 to 10,000.
    public var concurrency: Int
    /// How long a claimed message belongs to the worker; extended while its handler runs. When the process dies, so long
    /// passes until another takes the message. Workers of one channel should have about the same. Default: 30 s. 1 s to 1 h.
    public var lease: Duration
    /// After this a handler is cancelled and the attempt has failed, noticed within a third of the lease.
    /// Default: 60 s. Above zero.
    public var handlerTimeout: Duration
    public var retry: RetryPolicy
    /// How often it looks for messages that other processes published. Default: 2 s. 100 ms to 1 min.
    public var pollInterval: Duration
    /// How long handlers may go on when the worker is to stop; then they are cancelled and their messages given back.
    /// Default: 8 s. Not negative.
    public var drainTimeout: Duration
    /// Whether the whole channel pauses, longer and longer, while messages fail one after the other: for a relay, whose
    /// messages share their destination. Default: no.
    public var pausesOnFailure: Bool

    public init(
        concurrency: Int = 16, lease: Duration = .seconds(30), handlerTimeout: Duration = .seconds(60),
        retry: RetryPolicy = RetryPolicy(), pollInterval: Duration = .seconds(2), drainTimeout: Duration = .seconds(8),
        pausesOnFailure: Bool = false
    ) {
        self.concurrency = concurrency
        self.lease = lease
        self.handlerTimeout = handlerTimeout
        self.retry = retry
        self.pollInterval = pollInterval
        self.drainTimeout = drainTimeout
        self.pausesOnFailure = pausesOnFailure
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems = retry.validate().map { ConfigurationProblem("retry.\($0.key)", $0.message) }
        problems.require(
            (1...10_000).contains(concurrency), "concurrency", "must be from 1 to 10000, is \(concurrency)")
        problems.require(
            lease >= .seconds(1) && lease <= .seconds(3600), "lease", "must be from 1 s to 1 h, is \(lease)")
        problems.require(handlerTimeout > .zero, "handlerTimeout", "must be above zero, is \(handlerTimeout)")
        problems.require(
            pollInterval >= .milliseconds(100) && pollInterval <= .seconds(60), "pollInterval",
            "must be from 100 ms to 1 min, is \(pollInterval)")
        problems.require(drainTimeout >= .zero, "drainTimeout", "must not be negative, is \(drainTimeout)")
        return problems
    }
}
