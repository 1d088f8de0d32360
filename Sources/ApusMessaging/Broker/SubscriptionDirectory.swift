// SPDX-License-Identifier: Apache-2.0
/// Who wants what, kept in a broker, so that publishers need not know.
public protocol SubscriptionDirectory: Sendable {
    /// Keeps what a service wants, in place of what it wanted before; without types, that it wants nothing any more.
    ///
    /// - Throws: `storage`, `unavailable`.
    func register(_ subscription: Subscription) async throws(MessagingError)

    /// What every service wants that was registered.
    ///
    /// - Throws: `storage`, `unavailable`.
    func subscriptions() async throws(MessagingError) -> [Subscription]
}

/// A queue that services share: each has a channel of its own in it, which its instances work on together.
public typealias MessageBroker = QueueStore & SubscriptionDirectory
