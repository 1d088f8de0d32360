// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import CPostgres
    internal import Dispatch
    internal import Synchronization

    /// Asks the server, over a connection of its own, to stop what a connection does. libpq blocks while it does so, which
    /// is why that happens on a thread of Dispatch; each connection asks at most once at a time.
    final class CancelHandle: @unchecked Sendable {
        private static let queue = DispatchQueue(label: "apus.postgres.cancel", attributes: .concurrent)
        // Made once, read only.
        private let raw: OpaquePointer
        private let isRunning = Atomic<Bool>(false)

        init?(_ connection: OpaquePointer) {
            guard let raw = PQgetCancel(connection) else { return nil }
            self.raw = raw
        }

        deinit {
            PQfreeCancel(raw)
        }

        /// Whether a request is under way. Until it is done it may hit whatever the connection does next.
        var isBusy: Bool { isRunning.load(ordering: .acquiring) }

        /// Sends the request, and calls `finished` from some thread when the server has taken it or can't be reached.
        func request(finished: @escaping @Sendable () -> Void) {
            guard isRunning.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
            Self.queue.async { [self] in
                var message = [CChar](repeating: 0, count: 256)
                _ = PQcancel(raw, &message, 256)
                isRunning.store(false, ordering: .releasing)
                finished()
            }
        }
    }
#endif
