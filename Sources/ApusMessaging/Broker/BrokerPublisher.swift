// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Synchronization

/// Brings messages into the channels of those who want them, in a broker that services share.
///
/// What nobody wants goes to ``Channel/unrouted`` and waits there for somebody who does; so a service may publish before
/// those who subscribe have ever run. Who subscribes is read at most once a second: a new subscriber gets what is
/// published from a second after it registered, and what was unrouted before.
public final class BrokerPublisher: Sendable {
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

    /// Returns when the broker has stored the message for everyone.
    ///
    /// - Throws: as ``QueueStore/append(_:)``; it may be stored for some then, and the same again isn't stored twice where
    ///   the broker deduplicates.
    @discardableResult
    func publish(_ message: Message, document: [UInt8], orKeep: Bool = true) async throws(MessagingError) -> Bool {
        var channels: [Channel] = []
        for subscription in try await subscriptions() where subscription.types.contains(message.type) {
            channels.append(.service(subscription.service))
        }
        let isWanted = !channels.isEmpty
        if !isWanted {
            guard orKeep else { return false }
            channels = [.unrouted]
        }
        _ = try await broker.append(
            channels.map { QueueEntry(channel: $0, message: message, document: document) })
        return isWanted
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
