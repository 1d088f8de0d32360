// SPDX-License-Identifier: Apache-2.0
/// What a service says of its queues at `GET /queue`.
public struct QueueReport: Codable, Sendable, Hashable {
    /// A channel at one moment.
    public struct Line: Codable, Sendable, Hashable {
        /// Which of the service's queues it belongs to: `own`, in its database, or `broker`.
        public var queue: String
        public var channel: String
        public var waiting: Int
        public var inHand: Int
        public var dead: Int
        /// The age of the oldest message that isn't finished; nil without any, or where the store can't tell.
        public var oldestAgeSeconds: Double?
    }

    /// Every channel that holds something, by queue and name.
    public var channels: [Line]

    /// A report of these lines.
    public init(channels: [Line]) {
        self.channels = channels
    }

    /// What `queue` holds now, as the queue of this name.
    ///
    /// - Throws: `storage`, `unavailable`.
    public static func lines(of queue: MessageQueue, named name: String) async throws(MessagingError) -> [Line] {
        try await queue.statistics().sorted { $0.key.name < $1.key.name }.map { channel, statistics in
            Line(
                queue: name, channel: channel.name, waiting: statistics.waiting, inHand: statistics.inHand,
                dead: statistics.dead, oldestAgeSeconds: statistics.oldestAge.map { $0 / .seconds(1) })
        }
    }
}
