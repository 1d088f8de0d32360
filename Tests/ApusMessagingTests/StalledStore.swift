// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusTesting
import Synchronization

/// A store in memory whose claims, settlements and maintenance take as long as the test wants, and which refuses NUL in
/// errors as databases do. Cancellation doesn't hurry it.
final class StalledStore: QueueStore {
    private struct State {
        var isStalled = false
        var isMaintenanceStalled = false
        var areClaimsStalled = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var settlements: [Settlement] = []
    }

    private let store: MemoryQueueStore
    private let state = Mutex(State())

    init(clock: ManualClock) throws {
        store = try MemoryQueueStore(configuration: .init(source: "/test"), clock: clock.queueClock())
    }

    var configuration: QueueConfiguration { store.configuration }
    var clock: QueueClock { store.clock }
    var features: QueueFeatures { store.features }

    /// How many calls wait.
    var waiting: Int { state.withLock { $0.waiting.count } }
    /// What came to be settled.
    var settlements: [Settlement] { state.withLock { $0.settlements } }

    func stall() { state.withLock { $0.isStalled = true } }
    func stallMaintenance() { state.withLock { $0.isMaintenanceStalled = true } }
    func stallClaims() { state.withLock { $0.areClaimsStalled = true } }

    func proceed() {
        let waiting = state.withLock { state in
            (state.isStalled, state.isMaintenanceStalled, state.areClaimsStalled) = (false, false, false)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool] {
        state.withLock { $0.settlements += settled.map(\.settlement) }
        await pass { $0.isStalled }
        for one in settled {
            if case .dead(_, let error) = one.settlement, error.contains("\0") {
                let cause = DatabaseError(.invalidValue, "NUL in text")
                throw MessagingError(.storage, "\(cause)", cause: cause)
            }
        }
        return try await store.settle(settled)
    }

    func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        await pass { $0.isMaintenanceStalled }
        try await store.maintain(channel, lease: lease)
    }

    func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult] {
        try await store.append(entries)
    }

    func claim(_ limit: Int, from channel: Channel, lease: Duration) async throws(MessagingError) -> [Delivery] {
        await pass { $0.areClaimsStalled }
        return try await store.claim(limit, from: channel, lease: lease)
    }

    func extend(_ deliveries: [Delivery], by lease: Duration) async throws(MessagingError) -> [Bool] {
        try await store.extend(deliveries, by: lease)
    }

    func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? { try await store.nextDue(in: channel) }
    func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 { store.wake(on: channel, wake) }
    func stopWaking(_ id: UInt64) { store.stopWaking(id) }
    func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] { try await store.statistics() }

    func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage] {
        try await store.deadMessages(in: channel, after: position, limit: limit)
    }

    func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await store.redrive(positions, in: channel)
    }

    func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await store.drop(positions, in: channel)
    }

    private func pass(_ isStalled: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard isStalled(state) else { return false }
                state.waiting.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }
}
