// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

// Removals that did not reach the store or the others.
extension SecondLevel {
    /// Whether the store may hold something under `key`, or stored with one of `tags`, that is known to be wrong.
    func owes(_ key: String, _ tags: [String]) -> Bool {
        guard owesRemovals.load(ordering: .acquiring) else { return false }
        return state.withLock { $0.pending.concern(key, tags) }
    }

    /// Whether something that was stored with `tags` is known to be wrong.
    func owes(tags: [String]) -> Bool {
        guard owesRemovals.load(ordering: .acquiring) else { return false }
        return state.withLock { $0.pending.concern(tags) }
    }

    /// Remembers a removal that did not reach the store or the others, and makes up for it in the background.
    func owe(_ subject: CacheMessage.Subject) {
        state.withLock { state in
            state.pending.add(subject)
            owesRemovals.store(true, ordering: .releasing)
        }
        settler.start { [weak self] in await self?.settle() ?? true }
    }

    /// Ends what happens in the background, after one attempt to make up for what is owed.
    func shutDown() async {
        await settler.close()
        guard owesRemovals.load(ordering: .acquiring) else { return }
        _ = await settle(until: configuration.memory.time.now.advanced(by: configuration.settlingTimeout))
    }

    /// Makes up for what is owed, each removal once, until one fails. A full store is no reason to stop: it still removes.
    ///
    /// - Parameter deadline: for all of it; nil for none but those of each attempt.
    /// - Returns: whether nothing is left of what was owed when it began.
    private func settle(until deadline: Instant? = nil) async -> Bool {
        var isComplete = true
        for entries in state.withLock({ $0.pending.batches() }) {
            let most = entries[0].subject == .all ? configuration.removeAllTimeout : configuration.settlingTimeout
            do throws(CacheError) {
                try await settle(entries, within: deadline.map { min(most, left(until: $0)) } ?? most)
            } catch {
                isComplete = false
                guard error.code == .full, !Task.isCancelled else { return false }
            }
        }
        return isComplete
    }

    private func settle(_ entries: [PendingRemovals.Entry], within time: Duration) async throws(CacheError) {
        let messages = entries.map { text($0.subject) }
        let removal = CacheRemoval(entries.map(\.subject))
        try await run(within: time) { store, time throws(CacheError) in
            try await store.remove(removal, announcing: messages, within: time)
        }
        state.withLock { state in
            state.pending.settle(entries)
            owesRemovals.store(state.pending.count > 0, ordering: .releasing)
        }
    }
}

extension CacheRemoval {
    /// Of a batch: several keys, or one of anything.
    fileprivate init(_ subjects: [CacheMessage.Subject]) {
        let keys = subjects.compactMap { if case .key(let key) = $0 { key } else { nil } }
        self = keys.isEmpty ? subjects[0].removal : .keys(keys)
    }
}
