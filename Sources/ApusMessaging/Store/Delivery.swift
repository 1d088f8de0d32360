// SPDX-License-Identifier: Apache-2.0
/// A message in the hand of one worker, until its lease ends.
public struct Delivery: Sendable {
    /// What is to be handled.
    public let message: Message
    /// Where it was claimed from: ``Channel/local``, or the channel of a service that it is relayed to.
    public let channel: Channel
    /// The attempt that this is: 1 for the first.
    public let attempt: Int
    /// Counts the claims of this message and never repeats: whoever writes elsewhere can refuse an older one (fencing).
    public let token: Int64
    /// What the store knows the message by.
    public let position: QueuePosition

    public init(message: Message, channel: Channel, attempt: Int, token: Int64, position: QueuePosition) {
        self.message = message
        self.channel = channel
        self.attempt = attempt
        self.token = token
        self.position = position
    }
}
