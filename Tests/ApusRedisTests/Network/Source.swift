// SPDX-License-Identifier: Apache-2.0
#if Redis
    import Synchronization

    /// Where values come from that caches keep: a number for each key, which only grows.
    final class Source: Sendable {
        private let values = Mutex<[Int: Int]>([:])

        func value(of key: Int) -> Int { values.withLock { $0[key] ?? 0 } }

        /// Gives the new value.
        func change(_ key: Int) -> Int {
            values.withLock { values in
                values[key, default: 0] += 1
                return values[key] ?? 0
            }
        }
    }
#endif
