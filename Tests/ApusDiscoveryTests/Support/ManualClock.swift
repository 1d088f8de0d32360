// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A clock that stands still until the test moves it.
final class ManualClock: Sendable {
    private let instant = Mutex(Instant(nanoseconds: 1_000_000_000))

    var now: Instant { instant.withLock { $0 } }
    var source: TimeSource { TimeSource { self.now } }

    func advance(by duration: Duration) {
        instant.withLock { $0 = $0.advanced(by: duration) }
    }
}
