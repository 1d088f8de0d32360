// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Synchronization

/// Stores what several publishers publish at the same moment with one statement, and so with one commit: what comes while
/// the database works goes along next. Who comes alone doesn't wait.
///
/// For single messages whose ids are new, without ordering key: nothing about them has to be found out.
final class AppendLane: Sendable {
    private struct Waiting {
        let entry: QueueEntry
        let deadline: Instant?
        let continuation: CheckedContinuation<Result<Void, DatabaseError>, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var working = 0
    }

    /// Statements under way at once: while one is synced, another is made.
    private static let most = 2
    private static let mostRows = 64
    private let state = Mutex(State())

    /// Messages that wait for a statement to end.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Stores `entry`; it is committed when this returns. Once it waits it isn't cancelled with the task.
    ///
    /// - Throws: what the database says; `timeout` if its turn comes after `deadline`, `cancelled`: then it isn't stored.
    func append(_ entry: QueueEntry, until deadline: Instant?, on store: SQLQueueStore) async throws(DatabaseError) {
        if Task.isCancelled { throw DatabaseError(.cancelled, "the task was cancelled before it published") }
        let result = await withCheckedContinuation { continuation in
            let begins = state.withLock { state in
                state.waiting.append(Waiting(entry: entry, deadline: deadline, continuation: continuation))
                guard state.working < Self.most else { return false }
                state.working += 1
                return true
            }
            // Without the caller's deadline and trace: it works for all.
            if begins { Task.detached { await self.work(store) } }
        }
        try result.get()
    }

    private func work(_ store: SQLQueueStore) async {
        while let batch = next() {
            let now = store.clock.now
            let timely = batch.filter { ($0.deadline ?? .distantFuture) > now }
            for late in batch where (late.deadline ?? .distantFuture) <= now {
                late.continuation.resume(
                    returning: .failure(DatabaseError(.timeout, "the deadline passed before the message was stored")))
            }
            if !timely.isEmpty { await run(timely, store) }
        }
    }

    private func run(_ batch: [Waiting], _ store: SQLQueueStore) async {
        do {
            try await insert(batch, store)
            for waiting in batch { waiting.continuation.resume(returning: .success(())) }
        } catch {
            guard error.code == .invalidValue, batch.count > 1 else {
                for waiting in batch { waiting.continuation.resume(returning: .failure(error)) }
                return
            }
            // One of them holds what the database doesn't take, and nothing of the others was stored.
            for waiting in batch { await run([waiting], store) }
        }
    }

    private func insert(_ batch: [Waiting], _ store: SQLQueueStore) async throws(DatabaseError) {
        _ = try await store.database.execute(store.insertion(of: batch.map(\.entry), store.clock.microseconds))
    }

    /// What waits: a power of two of them, so that there are few statements. Nil ends the work.
    private func next() -> [Waiting]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.working -= 1
                return nil
            }
            var count = 1
            while count * 2 <= min(state.waiting.count, Self.mostRows) { count *= 2 }
            let batch = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            return batch
        }
    }
}
