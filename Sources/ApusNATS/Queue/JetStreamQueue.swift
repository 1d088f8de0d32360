// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusMessaging
internal import Foundation
internal import Synchronization

/// A queue in NATS JetStream, shared by services and their instances.
///
/// - One work-queue stream holds the messages of all channels, each channel being a subject with one durable consumer,
///   whose workers compete. What is stored is in a file at the server when ``append(_:)`` returns; nats-server syncs files
///   every two minutes unless it is configured otherwise (`sync_interval`).
/// - A lease is JetStream's acknowledgement wait. The server would take the acknowledgement of a lost lease; so it isn't
///   sent: a lease ends here a tenth, at most a second, before it ends there, and the clock is read once more when the
///   acknowledgement is handed to the socket. What remains is a process that is stopped in that instant.
/// - JetStream counts deliveries, not attempts. What was delivered without being tried, the first error and the time to
///   wait for stand in a note beside the message, written only when it is to come again: a message that succeeds at once
///   costs one append, one delivery and one acknowledgement.
/// - A message with a delay is delivered, put off, and delivered again when it is due.
/// - The same source and id is known within the window while the server runs. After its restart it knows the ids of
///   messages that it still holds, not of those that were handled: an ``Inbox`` makes their effect happen once.
/// - Dead messages are copied to a second stream with the reason, then acknowledged.
///
/// Priorities are carried with a message and not obeyed; ordering and unique keys are refused. The streams are made when
/// they are first needed, and again after someone removed them; the call that finds them missing fails.
public final class JetStreamQueue: MessageBroker {
    public let clock: QueueClock
    public let features: QueueFeatures = [.durable, .delays, .deduplication]
    let client: NATSClient
    let layout: QueueLayout
    let settings: JetStreamQueueConfiguration
    let wakers = WakerTable()
    let state = Mutex(State())

    struct State: Sendable {
        var isMade = false
        var lines: [Channel: ChannelLine] = [:]
        var leases = LeaseTable()
        var channelOfWaker: [UInt64: Channel] = [:]
        var subscriptions = KnownSubscriptions()
    }

    /// A queue at the server of `client`, which outlives it; nothing is asked of the server yet.
    ///
    /// - Throws: what is out of range.
    public init(
        client: NATSClient, configuration: JetStreamQueueConfiguration, clock: QueueClock = .system()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.client = client
        self.clock = clock
        settings = configuration
        layout = QueueLayout(configuration)
    }

    deinit {
        for line in state.withLock({ Array($0.lines.values) }) { line.listener?.cancel() }
    }

    public var configuration: QueueConfiguration { settings.queue }

    var notes: KeyValueBucket { KeyValueBucket(layout.notes, client: client) }
    var subscriptionBucket: KeyValueBucket { KeyValueBucket(layout.subscriptions, client: client) }

    /// The wall time now, in microseconds since 1970.
    var microseconds: Int64 { Int64((clock.date.timeIntervalSince1970 * 1e6).rounded()) }

    /// Runs what talks to the server, after making what it needs there.
    func withBroker<Value>(
        _ body: () async throws(NATSError) -> Value
    ) async throws(MessagingError) -> Value {
        do throws(NATSError) {
            try await makeStreams()
            return try await body()
        } catch {
            throw noted(error)
        }
    }

    /// The error as callers see it. If something was removed at the server it is made again before the next use.
    func noted(_ error: NATSError) -> MessagingError {
        guard [.noResponders, .streamNotFound, .consumerNotFound].contains(error.code) else {
            return MessagingError(error)
        }
        state.withLock { state in
            state.isMade = false
            for channel in state.lines.keys { state.lines[channel]?.lease = nil }
        }
        return MessagingError(
            .storage, "a stream or a consumer of the queue was removed from NATS and will be made again: \(error)",
            retryAfter: .seconds(1))
    }

    private func makeStreams() async throws(NATSError) {
        guard !state.withLock({ $0.isMade }) else { return }
        try await client.makeStream(layout.liveStream)
        try await client.makeStream(layout.deadStream)
        try await notes.make(maximumAge: Self.noteAge, replicas: settings.replicas)
        try await subscriptionBucket.make(replicas: settings.replicas)
        state.withLock { $0.isMade = true }
    }

    /// A note is written anew each time that its message is put off, which is at least every ``longestPause``.
    static let noteAge = Duration.seconds(7 * 86_400)
    /// What is to wait for longer is delivered and put off again.
    static let longestPause = Duration.seconds(6 * 3_600)
}
