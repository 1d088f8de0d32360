// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A clock that only the test moves.
final class ManualTime: Sendable {
    private let nanoseconds: Atomic<Int64>

    init(_ start: Duration = .seconds(1_000)) {
        nanoseconds = Atomic(start.nanoseconds)
    }

    var now: Instant { Instant(nanoseconds: nanoseconds.load(ordering: .sequentiallyConsistent)) }

    var source: TimeSource { TimeSource { self.now } }

    func advance(by duration: Duration) {
        nanoseconds.add(duration.nanoseconds, ordering: .sequentiallyConsistent)
    }
}
