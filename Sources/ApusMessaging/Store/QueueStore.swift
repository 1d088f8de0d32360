// SPDX-License-Identifier: Apache-2.0
/// Where the messages of a ``MessageQueue`` are: memory, tables of a SQL database, or a broker. Each passes
/// `QueueConformance` in ApusTesting for the features that it declares.
///
/// Every method may be called from any number of tasks at once and doesn't block its thread.
public protocol QueueStore: Sendable {
    /// The bounds that it keeps.
    var configuration: QueueConfiguration { get }
    var clock: QueueClock { get }
    var features: QueueFeatures { get }

    /// Stores entries for good before it returns: all or none where it declares atomic batches.
    ///
    /// - Returns: what became of each, in their order.
    /// - Throws: `overloaded` if a channel is full, `misuse` for what isn't among the features, `storage`, `unavailable`.
    func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult]

    /// Takes at most `limit` messages that are due, higher priorities first, then oldest first, each for `lease`; counts
    /// the attempt.
    ///
    /// - Throws: `storage`, `unavailable`.
    func claim(_ limit: Int, from channel: Channel, lease: Duration) async throws(MessagingError) -> [Delivery]

    /// Settles messages in hand; false for each whose lease was lost to another claim, whose settlement counts.
    ///
    /// - Parameter settled: all of one channel, each message once.
    /// - Throws: `storage`, `unavailable`; then each may be settled or not, and will be delivered again if not.
    func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool]

    /// Lets each lease end `lease` from now; false for those that were lost.
    ///
    /// - Throws: `storage`, `unavailable`.
    func extend(_ deliveries: [Delivery], by lease: Duration) async throws(MessagingError) -> [Bool]

    /// How long until the next message of the channel is due, or a lease ends; zero if one is due; nil without any. A store
    /// that can't tell gives nil, and calls those that wait (``wake(on:_:)``).
    ///
    /// - Throws: `storage`, `unavailable`.
    func nextDue(in channel: Channel) async throws(MessagingError) -> Duration?

    /// Forgets what needs no more remembering, and mends what a stepped clock left behind. Called about once a minute.
    ///
    /// - Throws: `storage`, `unavailable`.
    func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError)

    /// Calls `wake` whenever something came into `channel`, as far as the store hears of it, until ``stopWaking(_:)``.
    func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64

    func stopWaking(_ id: UInt64)

    /// What each channel holds at this moment.
    ///
    /// - Throws: `storage`, `unavailable`.
    func statistics() async throws(MessagingError) -> [Channel: QueueStatistics]

    /// Dead messages of a channel, oldest first.
    ///
    /// - Parameters:
    ///   - position: only those after it, to read page by page.
    ///   - limit: at most so many.
    /// - Throws: `storage`, `unavailable`.
    func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage]

    /// Lets dead messages be tried again, from their first attempt.
    ///
    /// - Returns: how many were dead and now wait; those that weren't are left alone.
    /// - Throws: `storage`, `unavailable`.
    @discardableResult
    func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int

    /// Deletes dead messages for good.
    ///
    /// - Returns: how many were dead and now are gone.
    /// - Throws: `storage`, `unavailable`.
    @discardableResult
    func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int
}

extension QueueStore {
    /// Settles one message in hand, as ``settle(_:)``.
    public func settle(_ delivery: Delivery, _ settlement: Settlement) async throws(MessagingError) -> Bool {
        try await settle([SettledDelivery(delivery, settlement)])[0]
    }
}
