// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
public import ApusMessaging
internal import Synchronization

/// What was read of the bucket with the subscriptions, and by what a change is seen.
struct KnownSubscriptions: Sendable {
    var subscriptions: [Subscription] = []
    var state: StreamState?
}

extension JetStreamQueue {
    public func register(_ subscription: Subscription) async throws(MessagingError) {
        let key = Subject.token(subscription.service)
        let types = JSONValue.array(subscription.types.sorted().map(JSONValue.string))
        try await withBroker { () async throws(NATSError) in
            if subscription.types.isEmpty {
                try await subscriptionBucket.remove(key)
            } else {
                try await subscriptionBucket.put(types.bytes, for: key)
            }
        }
        wakers.wake([.unrouted])
    }

    /// One question to the server while nothing has changed.
    public func subscriptions() async throws(MessagingError) -> [Subscription] {
        try await withBroker { () async throws(NATSError) in
            let now = try await client.streamState(subscriptionBucket.stream)
            let known = state.withLock { $0.subscriptions }
            if known.state == now { return known.subscriptions }
            var subscriptions: [Subscription] = []
            for key in try await subscriptionBucket.keys() {
                guard let service = Subject.text(of: key), let entry = try await subscriptionBucket.get(key),
                    let types = JSONValue.parsed(entry.value)
                else { continue }
                subscriptions.append(
                    Subscription(service: service, types: Set(types.elements.compactMap(\.text))))
            }
            let read = KnownSubscriptions(subscriptions: subscriptions, state: now)
            state.withLock { $0.subscriptions = read }
            return subscriptions
        }
    }
}
