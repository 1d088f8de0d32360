// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore

/// A durable consumer that is pulled from and acknowledged message by message.
public struct ConsumerConfiguration: Sendable, Hashable {
    /// Letters, digits, `_` and `-`.
    public var name: String
    /// The messages that it delivers, by their subject.
    public var subject: String
    /// How long a delivered message belongs to whoever pulled it.
    public var lease: Duration
    /// Messages that may be in hand, or wait for their delay after a negative acknowledgement, at the same time.
    public var maximumInHand: Int
    /// Pulls that may wait at the same time, of all clients.
    public var maximumWaiting: Int

    public init(
        name: String, subject: String, lease: Duration = .seconds(30), maximumInHand: Int = 1_000,
        maximumWaiting: Int = 512
    ) {
        self.name = name
        self.subject = subject
        self.lease = lease
        self.maximumInHand = maximumInHand
        self.maximumWaiting = maximumWaiting
    }

    /// As JetStream's interface takes it. A message is delivered without end: whoever handles it counts.
    var json: JSONValue {
        .object([
            .init("durable_name", .string(name)), .init("filter_subject", .string(subject)),
            .init("deliver_policy", "all"), .init("ack_policy", "explicit"), .init("replay_policy", "instant"),
            .init("ack_wait", .integer(Int(lease.nanoseconds))), .init("max_deliver", -1),
            .init("max_ack_pending", .integer(maximumInHand)), .init("max_waiting", .integer(maximumWaiting)),
        ])
    }
}
