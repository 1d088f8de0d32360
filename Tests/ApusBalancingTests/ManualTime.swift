// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A clock that the test moves.
final class ManualTime: Sendable {
    private let nanoseconds = Atomic<Int64>(1_000_000_000_000)

    var source: TimeSource {
        TimeSource { Instant(nanoseconds: self.nanoseconds.load(ordering: .relaxed)) }
    }

    var now: Instant { source.now }

    func advance(by duration: Duration) {
        nanoseconds.wrappingAdd(duration.nanoseconds, ordering: .relaxed)
    }
}
