// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import ApusCore
    internal import CNATS

    /// What one thread waits at until others ring. Rung before the wait, it isn't lost; rung often, it wakes once.
    final class Bell: @unchecked Sendable {
        // Guards itself with a lock of its own.
        private let raw: UnsafeMutablePointer<apus_bell>

        /// Nil without memory.
        init?() {
            guard let raw = apus_bell_make() else { return nil }
            self.raw = raw
        }

        deinit {
            apus_bell_free(raw)
        }

        func ring() {
            apus_bell_ring(raw)
        }

        /// Blocks until it rings, at most for `limit`; nil for as long as it takes.
        func wait(upTo limit: Duration?) {
            apus_bell_wait(raw, limit.map { max(0, $0.nanoseconds) } ?? -1)
        }
    }
#endif
