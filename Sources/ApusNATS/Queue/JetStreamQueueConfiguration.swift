// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusMessaging

/// How a queue is laid out in JetStream. Those who share it have the same.
public struct JetStreamQueueConfiguration: Sendable {
    /// The bounds of the queue. Its capacity is that of each channel.
    public var queue: QueueConfiguration
    /// What the names of its streams, buckets and subjects begin with: letters, digits, `-`. Default: `apus`.
    /// 1 to 32 characters.
    public var name: String
    /// The shortest lease. JetStream keeps one for each channel: the longest that a worker has asked for. Default: 10 s.
    /// 1 s to 1 h.
    public var lease: Duration
    /// Servers of a cluster that each have all messages. Default: 1. 1 to 5.
    public var replicas: Int

    public init(
        queue: QueueConfiguration, name: String = "apus", lease: Duration = .seconds(10), replicas: Int = 1
    ) {
        self.queue = queue
        self.name = name
        self.lease = lease
        self.replicas = replicas
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems = queue.validate().map { ConfigurationProblem("queue.\($0.key)", $0.message) }
        problems.require(
            (1...32).contains(name.utf8.count) && Subject.token(name) == name, "name",
            "must be 1 to 32 letters, digits and dashes")
        problems.check("lease", lease, in: .seconds(1) ... .seconds(3_600))
        problems.check("replicas", replicas, in: 1...5)
        return problems
    }
}
