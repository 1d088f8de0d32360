// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import Synchronization

    /// Lets one task at a time through, in the order in which they come. Who has a turn passes it on exactly once.
    final class Turns: Sendable {
        private struct State {
            var isTaken = false
            var waiting: [UnsafeContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        /// Waits for the turn. Doesn't notice cancellation: turns are short.
        func take() async {
            let isFree = state.withLock { state in
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { return }
            await withUnsafeContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.isTaken {
                        state.waiting.append(continuation)
                        return false
                    }
                    state.isTaken = true
                    return true
                }
                if isFree { continuation.resume() }
            }
        }

        /// Passes the turn on.
        func pass() {
            let next = state.withLock { state -> UnsafeContinuation<Void, Never>? in
                if state.waiting.isEmpty {
                    state.isTaken = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            next?.resume()
        }
    }
#endif
