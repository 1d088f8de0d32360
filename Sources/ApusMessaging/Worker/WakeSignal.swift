// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Wakes the one task that waits for it. Raised before the wait, it isn't lost; raised often, it wakes once.
final class WakeSignal: Sendable {
    private struct State {
        var isRaised = false
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func raise() {
        let continuation = state.withLock { state in
            if state.continuation == nil { state.isRaised = true }
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }

    /// Suspends until it is raised, at most for `limit`; nil for as long as it takes.
    func wait(upTo limit: Duration?, _ clock: QueueClock) async {
        let timer = limit.map { limit in
            Task(executorPreference: clock.executor) {
                do {
                    try await clock.sleep(for: limit)
                    self.raise()
                } catch {
                    // Cancelled: something else came first.
                }
            }
        }
        await withCheckedContinuation { continuation in
            let isRaised = state.withLock { state in
                defer { state.isRaised = false }
                if !state.isRaised { state.continuation = continuation }
                return state.isRaised
            }
            if isRaised { continuation.resume() }
        }
        timer?.cancel()
    }
}
