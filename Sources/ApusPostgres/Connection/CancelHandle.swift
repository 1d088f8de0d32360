// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import CPostgres
    internal import Foundation
    internal import Synchronization

    /// Asks the server, over a connection of its own, to stop what a connection does. libpq blocks while it does so, and
    /// has no limit for how long: over a network that stands still, until that ends. So each request has a thread of its
    /// own, which keeps nothing else from running, and there are few at a time in the process.
    final class CancelHandle: @unchecked Sendable {
        /// Requests under way in the process at most. A connection that can't make one is closed instead.
        static let limit = 64

        private static let underWay = Atomic<Int>(0)
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
        ///
        /// - Returns: false if too many are under way: nothing is sent then, and `finished` isn't called.
        func request(finished: @escaping @Sendable () -> Void) -> Bool {
            guard isRunning.exchange(true, ordering: .acquiringAndReleasing) == false else { return true }
            guard Self.underWay.wrappingAdd(1, ordering: .relaxed).newValue <= Self.limit else {
                Self.underWay.wrappingSubtract(1, ordering: .relaxed)
                isRunning.store(false, ordering: .releasing)
                return false
            }
            Thread.detachNewThread { [self] in
                var message = [CChar](repeating: 0, count: 256)
                _ = PQcancel(raw, &message, 256)
                Self.underWay.wrappingSubtract(1, ordering: .relaxed)
                isRunning.store(false, ordering: .releasing)
                finished()
            }
            return true
        }
    }
#endif
