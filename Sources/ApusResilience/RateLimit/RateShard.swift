// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A part of the keys with a lock of its own.
final class RateShard: Sendable {
    let table: Mutex<RateTable>

    init(capacity: Int) {
        table = Mutex(RateTable(capacity: capacity))
    }
}
