// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Synchronization

/// Settles what a worker's handlers finish, several in one go: what comes while the store works goes along next.
final class SettlementLane: Sendable {
    private struct Waiting {
        let settled: SettledDelivery
        let continuation: CheckedContinuation<Result<Bool, MessagingError>, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isWorking = false
    }

    private static let most = 256
    private let store: any QueueStore
    private let state = Mutex(State())

    init(store: any QueueStore) {
        self.store = store
    }

    /// Settlements that wait for the store to be done with those before.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// As ``QueueStore/settle(_:)`` does with one. Isn't cancelled with the task.
    func settle(_ delivery: Delivery, _ settlement: Settlement) async throws(MessagingError) -> Bool {
        let result = await withCheckedContinuation { continuation in
            let begins = state.withLock { state in
                state.waiting.append(
                    Waiting(settled: SettledDelivery(delivery, settlement), continuation: continuation))
                defer { state.isWorking = true }
                return !state.isWorking
            }
            if begins { Task(executorPreference: store.clock.executor) { await self.work() } }
        }
        return try result.get()
    }

    private func work() async {
        while let batch = next() { await settle(batch) }
    }

    private func settle(_ batch: [Waiting]) async {
        do {
            let held = try await store.settle(batch.map(\.settled))
            for (waiting, isHeld) in zip(batch, held) { waiting.continuation.resume(returning: .success(isHeld)) }
        } catch {
            guard error.cause?.code == .invalidValue, batch.count > 1 else {
                for waiting in batch { waiting.continuation.resume(returning: .failure(error)) }
                return
            }
            // One of them holds what the database doesn't take: it mustn't keep the others in hand.
            for waiting in batch { await settle([waiting]) }
        }
    }

    /// What waits, or nil, after which the next one to come begins anew.
    private func next() -> [Waiting]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWorking = false
                return nil
            }
            let batch = Array(state.waiting.prefix(Self.most))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }
}
