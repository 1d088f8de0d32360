// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting

/// A store as one process sees it: over a way that takes its time and may be cut, and no more when the process has ended.
///
/// What was on its way when the process ended may still arrive.
final class ProcessStore: MessageBroker {
    private let site: StoreSite
    private let process: SimulatedProcess
    private let simulation: Simulation
    private let isInTransaction: Bool
    private let isReachable: @Sendable () -> Bool

    /// - Parameters:
    ///   - isInTransaction: whether a call is a part of something that happens at one moment, or not at all.
    ///   - isReachable: whether the way is open now.
    init(
        _ site: StoreSite, _ process: SimulatedProcess, in simulation: Simulation, isInTransaction: Bool = false,
        isReachable: @escaping @Sendable () -> Bool = { true }
    ) {
        self.site = site
        self.process = process
        self.simulation = simulation
        self.isInTransaction = isInTransaction
        self.isReachable = isReachable
    }

    var configuration: QueueConfiguration { site.store.configuration }
    var clock: QueueClock { process.clock }
    var features: QueueFeatures { site.store.features }

    func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult] {
        try await call { () async throws(MessagingError) in
            let results = try await site.store.append(entries)
            site.check("append", entries.count, site.ledger.appended(entries, results, now: site.now))
            return results
        }
    }

    func claim(_ limit: Int, from channel: Channel, lease: Duration) async throws(MessagingError) -> [Delivery] {
        try await call { () async throws(MessagingError) in
            let deliveries = try await site.store.claim(limit, from: channel, lease: lease)
            site.check(
                "claim", deliveries.count, site.ledger.claimed(limit, channel, lease, deliveries, now: site.now))
            return deliveries
        }
    }

    func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool] {
        try await call { () async throws(MessagingError) in
            let held = try await site.store.settle(settled)
            for (one, isHeld) in zip(settled, held) {
                site.check("settle", isHeld ? 1 : 0, site.ledger.settled(one, isHeld, now: site.now))
            }
            return held
        }
    }

    func extend(_ deliveries: [Delivery], by lease: Duration) async throws(MessagingError) -> [Bool] {
        try await call { () async throws(MessagingError) in
            let held = try await site.store.extend(deliveries, by: lease)
            for (delivery, isHeld) in zip(deliveries, held) {
                site.check(
                    "extend", isHeld ? 1 : 0, site.ledger.extended(delivery, by: lease, isHeld, now: site.now))
            }
            return held
        }
    }

    func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? {
        try await call { () async throws(MessagingError) in
            let due = try await site.store.nextDue(in: channel)
            site.check("due", 0, site.ledger.toldNextDue(due, in: channel, now: site.now))
            return due
        }
    }

    func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        try await call { () async throws(MessagingError) in try await site.store.maintain(channel, lease: lease) }
    }

    func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        site.store.wake(on: channel, wake)
    }

    func stopWaking(_ id: UInt64) { site.store.stopWaking(id) }

    func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        try await site.store.statistics()
    }

    func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage] {
        try await site.store.deadMessages(in: channel, after: position, limit: limit)
    }

    func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await site.store.redrive(positions, in: channel)
    }

    func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await site.store.drop(positions, in: channel)
    }

    func register(_ subscription: Subscription) async throws(MessagingError) {
        try await call { () async throws(MessagingError) in try await site.store.register(subscription) }
    }

    func subscriptions() async throws(MessagingError) -> [Subscription] {
        try await call { () async throws(MessagingError) in try await site.store.subscriptions() }
    }

    private func call<Value>(_ work: () async throws(MessagingError) -> Value) async throws(MessagingError) -> Value {
        try await pass()
        if isInTransaction { return try await work() }
        let fate = site.fate()
        await pause(fate.before)
        guard isReachable() else { throw MessagingError(.unavailable, "no way to \(site.name)") }
        if fate.failsBefore { throw MessagingError(.storage, "failed, and did nothing") }
        let value = try await work()
        await pause(fate.after)
        try await pass()
        if fate.failsAfter || !isReachable() { throw MessagingError(.storage, "failed, and did it") }
        return value
    }

    private func pass() async throws(MessagingError) {
        do {
            try await process.gate.pass()
        } catch {
            throw MessagingError(.unavailable, "\(process.name) has ended")
        }
    }

    private func pause(_ duration: Duration) async {
        do {
            try await simulation.wait(for: duration)
        } catch {
            // Who is cancelled doesn't take back what was sent.
            return
        }
    }
}
