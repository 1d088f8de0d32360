// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Synchronization

/// Brings messages into the channels of those who want them, in a broker that services share.
///
/// What nobody wants goes to ``Channel/unrouted``, as long as that has room, and waits there for somebody who does; so a
/// service may publish before those who subscribe have ever run. Who subscribes is read at most once a second: a new
/// subscriber gets what is published from a second after it registered, and what was unrouted before.
public final class BrokerPublisher: Sendable {
    /// What became of a message.
    enum Fate {
        /// Everyone who wants it has it.
        case delivered
        /// Nobody wants it yet, and it is kept for who will.
        case kept
        /// Nobody wants it, and it isn't kept.
        case unwanted
    }

    private struct Known {
        var subscriptions: [Subscription] = []
        var read: Instant?
    }

    private let broker: any MessageBroker
    private let known = Mutex(Known())

    /// Publishes to `broker`.
    public init(broker: any MessageBroker) {
        self.broker = broker
    }

    /// Returns when the broker has stored the message for everyone. Whoever's channel is full doesn't keep it from the
    /// others.
    ///
    /// - Parameter orKeep: whether it goes to ``Channel/unrouted`` if nobody wants it; not if that is full.
    /// - Throws: as ``QueueStore/append(_:)``; it may be stored for some then, and the same again isn't stored twice where
    ///   the broker deduplicates. `overloaded` if the channel of somebody who wants it is full.
    func publish(_ message: Message, orKeep: Bool = true) async throws(MessagingError) -> Fate {
        let routed = message.routed
        var channels: [Channel] = []
        for subscription in try await subscriptions() where subscription.types.contains(message.type) {
            channels.append(.service(subscription.service))
        }
        guard !channels.isEmpty else {
            guard orKeep, try await appendUnlessFull(message.unrouted, to: .unrouted) else { return .unwanted }
            return .kept
        }
        do {
            try await append(routed, to: channels)
        } catch {
            guard error.code == .overloaded, channels.count > 1 else { throw error }
            for channel in channels { _ = try await appendUnlessFull(routed, to: channel) }
            throw error
        }
        return .delivered
    }

    private func append(_ message: Message, to channels: [Channel]) async throws(MessagingError) {
        let document = message.cloudEvent
        _ = try await broker.append(channels.map { QueueEntry(channel: $0, message: message, document: document) })
    }

    private func appendUnlessFull(_ message: Message, to channel: Channel) async throws(MessagingError) -> Bool {
        do {
            try await append(message, to: [channel])
            return true
        } catch {
            guard error.code == .overloaded else { throw error }
            return false
        }
    }

    private func subscriptions() async throws(MessagingError) -> [Subscription] {
        let now = broker.clock.now
        let fresh = known.withLock { known in
            known.read.flatMap { $0.duration(to: now) < .seconds(1) ? known.subscriptions : nil }
        }
        if let fresh { return fresh }
        let subscriptions = try await broker.subscriptions()
        known.withLock { $0 = Known(subscriptions: subscriptions, read: now) }
        return subscriptions
    }
}

extension Message {
    /// The attribute in which the ordering key of an unrouted message waits.
    private static let keptKey = "unroutedkey"

    /// The message as it waits for somebody who wants it: without ordering key, so that it holds up nobody else's.
    fileprivate var unrouted: Message {
        guard let orderingKey else { return self }
        var message = self
        message.extensions[Self.keptKey] = orderingKey
        message.orderingKey = nil
        return message
    }

    /// The message as it was before it was ``unrouted``.
    fileprivate var routed: Message {
        guard let key = extensions[Self.keptKey] else { return self }
        var message = self
        message.extensions[Self.keptKey] = nil
        message.orderingKey = key
        return message
    }
}
