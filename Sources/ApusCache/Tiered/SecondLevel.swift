// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The driver of a ``CacheStore``: counts what happens to it, and keeps callers within their budget.
///
/// A removal that did not reach the store or the others is owed from then on, and made up for in the background. Until
/// then what it touches isn't read from the store, and without a lease not filled: a key that was removed, whatever was
/// stored with a tag that was, or everything. Other keys go on as usual, which is safe since a removal touches no more
/// than it names: the item of a key says itself with which tags it was stored, whatever the reader knows of them.
final class SecondLevel: Sendable {
    struct State {
        var statistics = CacheStatistics()
        var pending: PendingRemovals
        var isConnected = false
    }

    let configuration: TieredCacheConfiguration
    /// Tells this instance from others in messages.
    let origin: String
    let store: any CacheStore
    /// Whether removals are to be made up for: asked before each read.
    let owesRemovals = Atomic<Bool>(false)
    let settler: Settler
    let state: Mutex<State>

    init(_ store: any CacheStore, _ configuration: TieredCacheConfiguration, origin: String) {
        self.store = store
        self.configuration = configuration
        self.origin = origin
        settler = Settler(configuration.memory.time, seed: configuration.memory.seed)
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

    /// Whether messages of other instances arrive. When they do again, so may what is owed.
    var isConnected: Bool {
        get { state.withLock { $0.isConnected } }
        set {
            state.withLock { $0.isConnected = newValue }
            if newValue { settler.hurry() }
        }
    }

    /// Asks the store, for no longer than the budget. Nil if it can't be asked now, or must not be since a removal of what
    /// is under `key` is owed.
    @inline(never)
    func read(_ key: String, tags: [String]) async -> CacheStoreLookup? {
        guard !owes(key, tags) else { return nil }
        return await attempt(within: configuration.budget) { store, time throws(CacheError) in
            try await store.read(key, tags: tags, within: time)
        }
    }

    /// Fills the store, without waiting for it, and forgets the key in `memory` if the lease was void: what was loaded is
    /// old already.
    func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within budget: Duration, _ memory: BoxCache
    ) {
        guard budget > .zero else { return count { $0.noteRemoteFailure(.timeout) } }
        store.fill(key, item, lease: lease, within: budget) { [self] outcome in
            switch outcome {
            case .success(true): break
            case .success(false):
                count { $0.remoteConflicts &+= 1 }
                // Memory has it by now, or a load that won't be stored after this.
                memory.storage.remove(key)
            case .failure(let error): count { $0.noteRemoteFailure(error.code) }
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

    /// Removes, and tells the others; owed, should it fail, unless the store can't do this at all.
    ///
    /// - Throws: what the store threw.
    func remove(_ subject: CacheMessage.Subject) async throws(CacheError) {
        do throws(CacheError) {
            let budget = subject == .all ? configuration.removeAllTimeout : configuration.budget
            try await run(within: budget) { store, time throws(CacheError) in
                try await store.remove(subject.removal, announcing: [text(subject)], within: time)
            }
        } catch {
            if error.code != .unsupported { owe(subject) }
            throw error
        }
    }

    func subscribe(_ receive: @escaping @Sendable (CacheStoreEvent) -> Void) -> CacheSubscription {
        store.subscribe(receive)
    }

    /// What the others didn't hear is removed once more later, so that they do.
    private func announce(_ subject: CacheMessage.Subject, until deadline: Instant) async {
        let isHeard: Void? = await attempt(until: deadline) { store, time throws(CacheError) in
            try await store.publish(text(subject), within: time)
        }
        if isHeard == nil { owe(subject) }
    }

    func text(_ subject: CacheMessage.Subject) -> String {
        CacheMessage(origin: origin, subject: subject).text
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

    func run<Result>(
        within budget: Duration, _ call: (any CacheStore, Duration) async throws(CacheError) -> Result
    ) async throws(CacheError) -> Result {
        do throws(CacheError) {
            guard budget > .zero else {
                throw CacheError(.timeout, "the cache has used up its budget of \(configuration.budget)")
            }
            return try await call(store, budget)
        } catch {
            count { $0.noteRemoteFailure(error.code) }
            throw error
        }
    }

    func left(until deadline: Instant) -> Duration { configuration.memory.time.now.duration(to: deadline) }
}

extension CacheMessage.Subject {
    var removal: CacheRemoval {
        switch self {
        case .key(let key): .keys([key])
        case .tag(let tag): .tag(tag)
        case .all: .all
        }
    }
}
