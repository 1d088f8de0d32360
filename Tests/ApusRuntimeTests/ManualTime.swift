// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A clock that stands still until the test moves it.
final class ManualTime: Sendable {
    private let nanoseconds = Atomic<Int64>(1_000_000_000)

    var source: TimeSource { TimeSource { self.now } }

    var now: Instant { Instant(nanoseconds: nanoseconds.load(ordering: .acquiring)) }

    func advance(by duration: Duration) {
        nanoseconds.add(duration.nanoseconds, ordering: .acquiringAndReleasing)
    }
}
