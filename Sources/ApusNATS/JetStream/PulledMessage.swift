// SPDX-License-Identifier: Apache-2.0

/// A message of a stream in the hand of whoever pulled it, until it is acknowledged or its lease ends.
public struct PulledMessage: Sendable, Hashable {
    /// What was appended to the stream.
    public let message: NATSMessage
    /// Its number in the stream.
    public let sequence: UInt64
    /// How often it was delivered by this consumer, this time included.
    public let deliveries: Int
    /// When the stream took it, in nanoseconds since 1970 by the server's clock.
    public let stored: Int64
    /// Messages of the consumer that were never delivered yet.
    public let waiting: UInt64

    /// Where its acknowledgement goes.
    var reply: String { message.reply ?? "" }

    /// Nil if the message didn't come from a consumer.
    init?(_ message: NATSMessage) {
        guard let reply = message.reply, reply.hasPrefix(Acknowledgement.prefix) else { return nil }
        // $JS.ACK.stream.consumer.deliveries.sequence.consumer sequence.time.pending, since 2.9 possibly with domain and
        // account before the stream and a token at the end.
        let parts = reply.split(separator: ".", omittingEmptySubsequences: false)
        let first = parts.count == 9 ? 4 : 6
        guard parts.count == 9 || parts.count >= 11, let deliveries = Int(parts[first]),
            let sequence = UInt64(parts[first + 1]), let stored = Int64(parts[first + 3]),
            let waiting = UInt64(parts[first + 4])
        else { return nil }
        self.message = message
        self.sequence = sequence
        self.deliveries = deliveries
        self.stored = stored
        self.waiting = waiting
    }
}
