// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

/// One of a service's queues, as an operator finds it.
struct AdministeredQueue: Sendable {
    /// By which it is asked for: `own` or `broker`.
    let name: String
    let queue: MessageQueue
    /// The channels that are the service's, where it shares the store with others; nil where all are.
    let channels: [Channel]?

    /// Whether `channel` is meant to be here where no queue is named.
    func holds(_ channel: Channel) -> Bool { channels?.contains(channel) ?? true }

    /// Its channels that hold something, by name.
    func report() async throws(MessagingError) -> [QueueReport.Line] {
        try await QueueReport.lines(of: queue, named: name).filter { holds(Channel($0.channel)) }
    }

    /// Its channels that hold dead messages, by name.
    func channelsWithDead() async throws(MessagingError) -> [Channel] {
        try await queue.statistics().filter { $0.value.dead > 0 && holds($0.key) }.keys.sorted { $0.name < $1.name }
    }
}
