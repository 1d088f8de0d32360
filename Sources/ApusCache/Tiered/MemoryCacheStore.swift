// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// A ``CacheStore`` in the process: what several caches of one process share, and the pattern for stores on a server.
///
/// Bounded by the number of keys; when there are too many, those that expire first go. It never fails and never waits.
/// Subscribers are called by whoever publishes, one after another.
public final class MemoryCacheStore: CacheStore {
    private struct Stored {
        var item: CacheStoreItem
        var expires: Instant
    }
    private struct State {
        var items: [String: Stored] = [:]
        /// The number of the last change of a key or a tag; older leases are void.
        var changes: [CacheMessage.Subject: UInt64] = [:]
        /// Leases older than this are void, whatever they are for.
        var oldest: UInt64 = 0
        var now: UInt64 = 0
        var subscribers: [UInt64: @Sendable (CacheStoreEvent) -> Void] = [:]
    }

    private let capacity: Int
    private let time: TimeSource
    private let state = Mutex(State())
    /// Held while subscribers are called, so that all hear everything in one order.
    private let speaking = Mutex(())

    /// An empty store.
    ///
    /// - Parameter capacity: keys at most. Default: 100,000. At least 1; less counts as 1.
    public init(capacity: Int = 100_000, time: TimeSource = .system) {
        self.capacity = max(1, capacity)
        self.time = time
    }

    public func read(_ key: String, tags: [String], within: Duration) async throws(CacheError) -> CacheStoreLookup {
        let now = time.now
        return state.withLock { state in
            let lease = CacheLease(token: withUnsafeBytes(of: state.now) { Array($0) })
            guard var stored = state.items[key] else { return CacheStoreLookup(item: nil, lease: lease) }
            guard now < stored.expires else {
                state.items[key] = nil
                return CacheStoreLookup(item: nil, lease: lease)
            }
            if stored.item.timeToLive != nil { stored.item.timeToLive = now.duration(to: stored.expires) }
            return CacheStoreLookup(item: stored.item, lease: lease)
        }
    }

    public func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within: Duration,
        done: @escaping @Sendable (Result<Bool, CacheError>) -> Void
    ) {
        let now = time.now
        let isStored = state.withLock { state in
            guard lease.token.count == MemoryLayout<UInt64>.size else { return false }
            let taken = lease.token.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            guard taken >= state.oldest else { return false }
            let touched: [CacheMessage.Subject] = [.key(key)] + item.tags.map(CacheMessage.Subject.tag)
            guard touched.allSatisfy({ state.changes[$0, default: 0] <= taken }) else { return false }
            store(key, item, now: now, &state)
            return true
        }
        done(.success(isStored))
    }

    public func write(_ key: String, _ item: CacheStoreItem, within: Duration) async throws(CacheError) {
        let now = time.now
        state.withLock { store(key, item, now: now, &$0) }
    }

    public func remove(
        _ removal: CacheRemoval, announcing messages: [String], within: Duration
    ) async throws(CacheError) {
        state.withLock { state in
            switch removal {
            case .keys(let keys):
                for key in keys {
                    state.items[key] = nil
                    noteChange(.key(key), &state)
                }
            case .tag(let tag):
                state.items = state.items.filter { !$0.value.item.tags.contains(tag) }
                noteChange(.tag(tag), &state)
            case .all:
                state.items = [:]
                state.now += 1
                state.oldest = state.now
                state.changes = [:]
            }
        }
        for message in messages { tell(message) }
    }

    public func publish(_ message: String, within: Duration) async throws(CacheError) {
        tell(message)
    }

    private func tell(_ message: String) {
        speaking.withLock { _ in
            let subscribers = state.withLock { $0.subscribers }
            for receive in subscribers.values { receive(.message(message)) }
        }
    }

    public func subscribe(_ receive: @escaping @Sendable (CacheStoreEvent) -> Void) -> CacheSubscription {
        let id = speaking.withLock { _ in
            receive(.connected)
            return state.withLock { state in
                state.now += 1
                state.subscribers[state.now] = receive
                return state.now
            }
        }
        return CacheSubscription { [weak self] in
            self?.state.withLock { _ = $0.subscribers.removeValue(forKey: id) }
        }
    }

    private func store(_ key: String, _ item: CacheStoreItem, now: Instant, _ state: inout State) {
        noteChange(.key(key), &state)
        let expires = item.timeToLive.map { now.advanced(by: $0) } ?? .distantFuture
        state.items[key] = now < expires ? Stored(item: item, expires: expires) : nil
        guard state.items.count > capacity else { return }
        // A tenth at once, so that this is rare.
        let first = state.items.sorted { $0.value.expires < $1.value.expires }.prefix(max(1, capacity / 10))
        for (key, _) in first { state.items[key] = nil }
    }

    private func noteChange(_ subject: CacheMessage.Subject, _ state: inout State) {
        state.now += 1
        if state.changes.count >= capacity {
            state.changes = [:]
            state.oldest = state.now
        }
        state.changes[subject] = state.now
    }
}
