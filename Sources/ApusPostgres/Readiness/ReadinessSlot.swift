// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import Synchronization

    /// Where the one task that uses a connection waits for its socket.
    final class ReadinessSlot: Sendable {
        /// What ended a wait.
        enum Wake: Sendable {
            /// The socket may be ready; or not: look.
            case ready
            case deadline
            case cancelled
        }

        private struct State {
            var continuation: UnsafeContinuation<Wake, Never>?
            var deadline = Instant.distantFuture
            var isCancelled = false
            var isPoked = false
            /// Whether the watcher has seen the socket.
            var isKnown = false
        }

        let watcher: ReadinessWatcher
        let token: UInt64
        let descriptor: Int32
        private let state = Mutex(State())

        init(watcher: ReadinessWatcher, token: UInt64, descriptor: Int32) {
            self.watcher = watcher
            self.token = token
            self.descriptor = descriptor
        }

        /// A new piece of work begins, which wasn't cancelled.
        func begin() {
            state.withLock { state in
                state.isCancelled = false
                state.isPoked = false
            }
        }

        /// Suspends until the socket can be read (or written, if wanted), the deadline passes, or the work is cancelled.
        func wait(wantsWrite: Bool, until deadline: Instant) async -> Wake {
            await withUnsafeContinuation { continuation in
                let immediate = state.withLock { state -> Wake? in
                    if state.isCancelled { return .cancelled }
                    if state.isPoked {
                        state.isPoked = false
                        return .ready
                    }
                    state.continuation = continuation
                    state.deadline = deadline
                    return nil
                }
                if let immediate {
                    continuation.resume(returning: immediate)
                } else {
                    // If the socket can't be watched, libpq finds out why.
                    if !watch(wantsWrite: wantsWrite) { wake(.ready) }
                    if deadline != .distantFuture { watcher.note(deadline) }
                }
            }
        }

        private func watch(wantsWrite: Bool) -> Bool {
            if let loop = LoopReadiness.current, loop.watch(self, wantsWrite: wantsWrite) { return true }
            let isFirst = state.withLock { state in
                defer { state.isKnown = true }
                return !state.isKnown
            }
            return watcher.arm(self, wantsWrite: wantsWrite, isFirst: isFirst)
        }

        /// Ends the wait, if there is one.
        func wake(_ wake: Wake) {
            take { _ in true }?.resume(returning: wake)
        }

        /// Ends this wait or the next.
        func poke() {
            let continuation = take { state in
                state.isPoked = state.continuation == nil
                return true
            }
            continuation?.resume(returning: .ready)
        }

        /// Ends this wait and all others until ``begin()``.
        func cancel() {
            let continuation = take { state in
                state.isCancelled = true
                return true
            }
            continuation?.resume(returning: .cancelled)
        }

        /// Ends the wait if its deadline has come.
        ///
        /// - Returns: the deadline of the wait that goes on, or the far future.
        func expire(at now: Instant) -> Instant {
            var next = Instant.distantFuture
            let continuation = take { state in
                guard state.continuation != nil else { return false }
                if state.deadline <= now { return true }
                next = state.deadline
                return false
            }
            continuation?.resume(returning: .deadline)
            return next
        }

        private func take(if condition: (inout State) -> Bool) -> UnsafeContinuation<Wake, Never>? {
            state.withLock { state in
                guard condition(&state) else { return nil }
                defer { state.continuation = nil }
                return state.continuation
            }
        }
    }
#endif
