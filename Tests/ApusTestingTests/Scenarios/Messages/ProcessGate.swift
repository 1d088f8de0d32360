// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What everything that a process does passes: shut while the process is paused, and for ever when it has ended.
final class ProcessGate: Sendable {
    struct Ended: Error {}

    private struct State {
        var isAlive = true
        var isPaused = false
        var waiting: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isAlive: Bool { state.withLock { $0.isAlive } }
    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Suspends while the process is paused.
    ///
    /// - Throws: ``Ended``.
    func pass() async throws(Ended) {
        while state.withLock({ $0.isPaused && $0.isAlive }) {
            await withUnsafeContinuation { continuation in state.withLock { $0.waiting.append(continuation) } }
        }
        guard isAlive else { throw Ended() }
    }

    func pause() { state.withLock { $0.isPaused = true } }

    func resume() { release { $0.isPaused = false } }

    func end() { release { $0.isAlive = false } }

    private func release(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
