// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// How a message is published.
public struct PublishOptions: Sendable, Hashable {
    /// How long it waits before it is handled; a negative one counts as zero. Default: not at all.
    public var delay: Duration
    /// Which of those that wait go first. Default: the message's own.
    public var priority: MessagePriority?
    /// Messages of one key are handled one after the other, in order. Default: the message's own.
    public var orderingKey: String?
    /// While an unfinished message with the same key waits or is in hand, this one isn't stored (a unique job). Not empty,
    /// at most 256 bytes. Default: none.
    public var uniqueKey: String?
    /// After this it is of no more use. Default: the message's own.
    public var expires: Date?

    public init(
        delay: Duration = .zero, priority: MessagePriority? = nil, orderingKey: String? = nil, uniqueKey: String? = nil,
        expires: Date? = nil
    ) {
        self.delay = delay
        self.priority = priority
        self.orderingKey = orderingKey
        self.uniqueKey = uniqueKey
        self.expires = expires
    }
}
