// SPDX-License-Identifier: Apache-2.0
/// What a worker needs of a queue's storage: a SQL table now, Redis Streams or JetStream later. All of them pass
/// `QueueConformance` in ApusTesting.
public protocol QueueStore: Sendable {
    var clock: QueueClock { get }

    /// Takes at most `limit` messages that are due, oldest first, each for `lease`; counts the attempt.
    ///
    /// - Throws: `storage`.
    func claim(_ limit: Int, from channel: Channel, lease: Duration) async throws(MessagingError) -> [Delivery]

    /// Settles a message in hand; false if the lease was lost to another claim, whose settlement counts.
    ///
    /// - Throws: `storage`; then the message will be delivered again.
    func settle(_ delivery: Delivery, _ settlement: Settlement) async throws(MessagingError) -> Bool

    /// Lets each lease end `lease` from now; false for those that were lost.
    ///
    /// - Throws: `storage`.
    func extend(_ deliveries: [Delivery], by lease: Duration) async throws(MessagingError) -> [Bool]

    /// How long until the next message of the channel is due, zero if one is; nil without any.
    ///
    /// - Throws: `storage`.
    func nextDue(in channel: Channel) async throws(MessagingError) -> Duration?

    /// Forgets what needs no more remembering, and mends what a stepped clock left behind. Called about once a minute.
    ///
    /// - Throws: `storage`.
    func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError)

    /// Calls `wake` whenever something was published to `channel` in this process, until ``stopWaking(_:)``.
    func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64

    func stopWaking(_ id: UInt64)
}
