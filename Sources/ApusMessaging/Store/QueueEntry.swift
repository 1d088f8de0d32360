// SPDX-License-Identifier: Apache-2.0
/// A message on its way into one channel of a store.
public struct QueueEntry: Sendable {
    /// Where it goes.
    public let channel: Channel
    public let message: Message
    /// The message as a CloudEvents document: what is kept.
    public let document: [UInt8]
    /// How long it waits before it is handled.
    public let delay: Duration
    /// While an unfinished message of the channel has the same, this one isn't stored.
    public let uniqueKey: String?
    /// Whether the same source and id may come again, and must be known then also when the message is finished.
    public let isRemembered: Bool

    public init(
        channel: Channel, message: Message, document: [UInt8], delay: Duration = .zero, uniqueKey: String? = nil,
        isRemembered: Bool = true
    ) {
        self.channel = channel
        self.message = message
        self.document = document
        self.delay = delay
        self.uniqueKey = uniqueKey
        self.isRemembered = isRemembered
    }
}
