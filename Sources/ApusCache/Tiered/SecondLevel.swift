// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The driver of a ``CacheStore``: counts what happens to it, keeps callers within their budget, and makes up for
/// removals that did not reach it before it is read again.
final class SecondLevel: Sendable {
    private struct State {
        var statistics = CacheStatistics()
        var pending: PendingRemovals
        var isConnected = false
    }

    let configuration: TieredCacheConfiguration
    /// Tells this instance from others in messages.
    let origin: String
    private let store: any CacheStore
    /// Whether removals are to be made up for: asked before each read.
    private let owesRemovals = Atomic<Bool>(false)
    private let state: Mutex<State>

    init(_ store: any CacheStore, _ configuration: TieredCacheConfiguration, origin: String) {
        self.store = store
        self.configuration = configuration
        self.origin = origin
        state = Mutex(State(pending: PendingRemovals(limit: configuration.maximumPendingRemovals)))
    }

    var statistics: CacheStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.pendingRemovals = state.pending.count
            return statistics
        }
    }

    func count(_ change: (inout CacheStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    /// When the budget of a caller who comes now is used up.
    var deadline: Instant { configuration.memory.time.now.advanced(by: configuration.budget) }

    /// Whether messages of other instances arrive.
    var isConnected: Bool {
        get { state.withLock { $0.isConnected } }
        set { state.withLock { $0.isConnected = newValue } }
    }

    /// Asks the store, for no longer than the budget. Nil if it can't be asked now.
    @inline(never)
    func read(_ key: String, tags: [String]) async -> CacheStoreLookup? {
        var budget = configuration.budget
        if owesRemovals.load(ordering: .acquiring) {
            let deadline = deadline
            guard await settle(until: deadline) else { return nil }
            budget = left(until: deadline)
        }
        return await attempt(within: budget) { store, time throws(CacheError) in
            try await store.read(key, tags: tags, within: time)
        }
    }

    /// Fills the store, without waiting for it, and forgets the key in `memory` if the lease was void: what was loaded is
    /// old already.
    func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within budget: Duration, _ memory: BoxCache
    ) {
        guard budget > .zero else { return count { $0.remoteFailures &+= 1 } }
        store.fill(key, item, lease: lease, within: budget) { [self] outcome in
            switch outcome {
            case .success(true): break
            case .success(false):
                count { $0.remoteConflicts &+= 1 }
                // Memory has it by now, or a load that won't be stored after this.
                memory.storage.remove(key)
            case .failure: count { $0.remoteFailures &+= 1 }
            }
        }
    }

    /// Stores, and tells the others. What can't be stored is to be removed, since something older may be there.
    ///
    /// - Throws: what the store threw.
    func write(_ key: String, _ item: CacheStoreItem) async throws(CacheError) {
        let deadline = deadline
        do throws(CacheError) {
            try await run(within: configuration.budget) { store, time throws(CacheError) in
                try await store.write(key, item, within: time)
            }
        } catch {
            owe(.key(key))
            throw error
        }
        await announce(.key(key), until: deadline)
    }

    /// Removes, and tells the others; remembered, should it fail.
    ///
    /// - Throws: what the store threw.
    func remove(_ subject: CacheMessage.Subject) async throws(CacheError) {
        let deadline = deadline
        do throws(CacheError) {
            try await run(within: configuration.budget) { store, time throws(CacheError) in
                try await store.remove(subject.removal, within: time)
            }
        } catch {
            owe(subject)
            throw error
        }
        await announce(subject, until: deadline)
    }

    func subscribe(_ receive: @escaping @Sendable (CacheStoreEvent) -> Void) -> CacheSubscription {
        store.subscribe(receive)
    }

    /// What the others didn't hear is removed once more later, so that they do.
    private func announce(_ subject: CacheMessage.Subject, until deadline: Instant) async {
        let text = CacheMessage(origin: origin, subject: subject).text
        let isHeard: Void? = await attempt(until: deadline) { store, time throws(CacheError) in
            try await store.publish(text, within: time)
        }
        if isHeard == nil { owe(subject) }
    }

    /// Remembers a removal that did not reach the store or the others.
    private func owe(_ subject: CacheMessage.Subject) {
        state.withLock { state in
            state.pending.add(subject)
            owesRemovals.store(true, ordering: .releasing)
        }
    }

    /// Makes up for removals that failed; false as long as that fails, too.
    private func settle(until deadline: Instant) async -> Bool {
        while true {
            let entries = state.withLock { $0.pending.next() }
            guard let first = entries.first?.subject else { return true }
            let removal: CacheRemoval = entries.count == 1 ? first.removal : .keys(entries.flatMap(\.subject.keys))
            let isDone: Void? = await attempt(until: deadline) { [origin] store, time throws(CacheError) in
                try await store.remove(removal, within: time)
                for entry in entries {
                    try await store.publish(CacheMessage(origin: origin, subject: entry.subject).text, within: time)
                }
            }
            guard isDone != nil else { return false }
            state.withLock { state in
                state.pending.settle(entries)
                owesRemovals.store(state.pending.count > 0, ordering: .releasing)
            }
        }
    }

    /// Nil, and counted, if the store failed.
    private func attempt<Result>(
        within budget: Duration, _ call: (any CacheStore, Duration) async throws(CacheError) -> Result
    ) async -> Result? {
        do throws(CacheError) {
            return try await run(within: budget, call)
        } catch {
            return nil
        }
    }

    private func attempt<Result>(
        until deadline: Instant, _ call: (any CacheStore, Duration) async throws(CacheError) -> Result
    ) async -> Result? {
        await attempt(within: left(until: deadline), call)
    }

    private func run<Result>(
        within budget: Duration, _ call: (any CacheStore, Duration) async throws(CacheError) -> Result
    ) async throws(CacheError) -> Result {
        do throws(CacheError) {
            guard budget > .zero else {
                throw CacheError(.timeout, "the cache has used up its budget of \(configuration.budget)")
            }
            return try await call(store, budget)
        } catch {
            count { $0.remoteFailures &+= 1 }
            throw error
        }
    }

    private func left(until deadline: Instant) -> Duration { configuration.memory.time.now.duration(to: deadline) }
}

extension CacheMessage.Subject {
    fileprivate var removal: CacheRemoval {
        switch self {
        case .key(let key): .keys([key])
        case .tag(let tag): .tag(tag)
        case .all: .all
        }
    }

    fileprivate var keys: [String] {
        if case .key(let key) = self { [key] } else { [] }
    }
}
