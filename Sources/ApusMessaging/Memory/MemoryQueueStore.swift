// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import Synchronization

/// A queue's store in this process: for tests, and for work that need not survive the process.
///
/// Also a broker for services that run in one process.
public final class MemoryQueueStore: MessageBroker {
    private struct State {
        var channels: [Channel: MemoryQueueState] = [:]
        var subscriptions: [String: Set<String>] = [:]
    }

    public let configuration: QueueConfiguration
    public let clock: QueueClock
    public let features = QueueFeatures.all.subtracting([.durable, .transactions])
    private let state = Mutex(State())
    private let wakers = WakerTable()

    /// - Throws: what is out of range.
    public init(
        configuration: QueueConfiguration, clock: QueueClock = .system()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.clock = clock
    }

    public func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult] {
        var wanted: [Channel: Int] = [:]
        for entry in entries { wanted[entry.channel, default: 0] += 1 }
        let needed = wanted
        let now = clock.microseconds
        let results = state.withLock { state -> Result<[PublishResult], MessagingError> in
            let full = needed.first { (state.channels[$0.key]?.live ?? 0) + $0.value > configuration.capacity }
            if let full {
                return .failure(
                    MessagingError(
                        .overloaded, "channel \(full.key) of the queue holds its \(configuration.capacity) messages",
                        retryAfter: .seconds(1)))
            }
            return .success(
                entries.map { state.channels[$0.channel, default: MemoryQueueState()].append($0, now: now) })
        }
        wakers.wake(Set(needed.keys))
        return try results.get()
    }

    public func claim(
        _ limit: Int, from channel: Channel, lease: Duration
    ) async throws(MessagingError) -> [Delivery] {
        let now = clock.microseconds
        return with(channel) { state in
            state.claim(limit, leaseEnds: now + lease.microseconds, now: now).map { position, row in
                Delivery(
                    message: row.message, channel: channel, attempt: row.attempts, token: row.claims,
                    position: QueuePosition(position))
            }
        }
    }

    public func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool] {
        guard let channel = settled.first?.delivery.channel else { return [] }
        let now = clock.microseconds
        return with(channel) { state in
            settled.map {
                state.settle($0.delivery.position.major, token: $0.delivery.token, $0.settlement, now: now)
            }
        }
    }

    public func extend(
        _ deliveries: [Delivery], by lease: Duration
    ) async throws(MessagingError) -> [Bool] {
        guard let channel = deliveries.first?.channel else { return [] }
        let end = clock.microseconds + lease.microseconds
        return with(channel) { state in
            deliveries.map { state.extend($0.position.major, token: $0.token, to: end) }
        }
    }

    public func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? {
        let now = clock.microseconds
        return with(channel) { $0.nextDue(now: now) }.map { .microseconds($0) }
    }

    public func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        let now = clock.microseconds
        with(channel) {
            $0.maintain(
                doneBefore: now - configuration.deduplicationWindow.microseconds,
                deadBefore: now - configuration.deadRetention.microseconds, capacity: configuration.deadCapacity)
        }
    }

    public func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        wakers.add(channel, wake)
    }

    public func stopWaking(_ id: UInt64) {
        wakers.remove(id)
    }

    public func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        let now = clock.microseconds
        return state.withLock { state in
            state.channels.compactMapValues { channel in
                let statistics = channel.statistics(now: now)
                return statistics.depth + statistics.dead == 0 ? nil : statistics
            }
        }
    }

    public func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage] {
        with(channel) { state in
            state.dead.sorted().filter { $0 > position.major }.prefix(limit).compactMap { position in
                state.rows[position].flatMap { $0.deadMessage(QueuePosition(position), channel) }
            }
        }
    }

    @discardableResult
    public func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        let now = clock.microseconds
        let number = with(channel) { $0.redrive(positions.map(\.major), now: now) }
        wakers.wake([channel])
        return number
    }

    @discardableResult
    public func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        with(channel) { $0.drop(positions.map(\.major)) }
    }

    public func register(_ subscription: Subscription) async throws(MessagingError) {
        state.withLock {
            $0.subscriptions[subscription.service] = subscription.types.isEmpty ? nil : subscription.types
        }
        wakers.wake([.unrouted])
    }

    public func subscriptions() async throws(MessagingError) -> [Subscription] {
        state.withLock { state in
            state.subscriptions.sorted { $0.key < $1.key }.map { Subscription(service: $0.key, types: $0.value) }
        }
    }

    private func with<Value: Sendable>(_ channel: Channel, _ work: (inout MemoryQueueState) -> Value) -> Value {
        state.withLock { work(&$0.channels[channel, default: MemoryQueueState()]) }
    }
}
