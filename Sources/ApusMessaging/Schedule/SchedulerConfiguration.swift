// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// What holds for all schedules of a service.
public struct SchedulerConfiguration: Sendable {
    /// The source of the messages: `/services/orders`, the same for all instances. Not empty.
    public var source: String
    /// Schedules at most. Default: 1,000. 1 to 10,000.
    public var capacity: Int
    /// How long one attempt to publish may take. Default: 10 s. Above zero, at most 1 h.
    public var publishTimeout: Duration
    /// How long to wait before a failed publish is tried again. Default: from 1 s, doubled, to 1 min, half of it by chance.
    public var backoff: Backoff

    /// What isn't given has the default that its property says.
    public init(
        source: String, capacity: Int = 1_000, publishTimeout: Duration = .seconds(10),
        backoff: Backoff = Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .equal)
    ) {
        self.source = source
        self.capacity = capacity
        self.publishTimeout = publishTimeout
        self.backoff = backoff
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(!source.isEmpty, "source", "must not be empty")
        problems.require((1...10_000).contains(capacity), "capacity", "must be from 1 to 10000, is \(capacity)")
        problems.require(
            publishTimeout > .zero && publishTimeout <= .seconds(3600), "publishTimeout",
            "must be above zero and at most 1 h, is \(publishTimeout)")
        problems += backoff.validate().map { ConfigurationProblem("backoff.\($0.key)", $0.message) }
        return problems
    }
}
