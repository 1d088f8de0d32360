// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What comes on some channels, for one task to read. Ends with ``cancel()``, with the client, or when nobody holds it.
///
/// A subscriber that is too slow loses messages rather than holding up others, and is told how many.
public final class RedisSubscription: AsyncSequence, Sendable {
    public typealias Element = RedisEvent

    private let queue: SubscriptionQueue
    private let hub: SubscriptionHub
    private let id: SubscriptionTable.ID

    init(_ queue: SubscriptionQueue, _ hub: SubscriptionHub, _ id: SubscriptionTable.ID) {
        self.queue = queue
        self.hub = hub
        self.id = id
    }

    deinit {
        cancel()
    }

    /// The next event; nil at the end and when the task is cancelled.
    public func next() async -> RedisEvent? {
        await queue.next()
    }

    /// Ends the subscription.
    public func cancel() {
        queue.end()
        hub.remove(id)
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(subscription: self)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let subscription: RedisSubscription

        public mutating func next() async -> RedisEvent? {
            await subscription.next()
        }
    }
}

extension RedisClient {
    /// Subscribes to channels and patterns, on a connection that all subscribers of this client share. Returns when the
    /// server has confirmed all of them.
    ///
    /// After a loss of the connection the client subscribes again by itself; the subscriber is told of the gap.
    ///
    /// - Throws: ``RedisError`` `connectFailed`, `authenticationFailed`, `timeout`, `server` (`NOPERM`), `cancelled`.
    public func subscribe(
        to channels: [String], patterns: [String] = [], deadline: Instant? = nil
    ) async throws(RedisError) -> RedisSubscription {
        let targets = channels.map { SubscriptionTable.Target.channel($0) } + patterns.map { .pattern($0) }
        guard !targets.isEmpty else {
            throw RedisError(.notAllowed, "a subscription needs a channel", mayHaveRun: false)
        }
        let queue = SubscriptionQueue(capacity: configuration.subscriberBuffer, counters: counters)
        let id = try await hub.add(
            targets, queue, deadline: Deadline.of(deadline, configuration.commandTimeout, time))
        return RedisSubscription(queue, hub, id)
    }

    /// Publishes a message.
    ///
    /// - Returns: how many subscribers of this server got it.
    /// - Throws: as ``send(_:deadline:)``.
    @discardableResult
    public func publish(
        _ channel: String, _ payload: [UInt8], deadline: Instant? = nil
    ) async throws(RedisError) -> Int {
        let reply = try await send(RedisCommand("PUBLISH", [.string(channel), .bytes(payload)]), deadline: deadline)
        guard let count = reply.integer else { throw .unexpected("PUBLISH") }
        return Int(count)
    }
}
