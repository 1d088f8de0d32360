// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// How many attempts go on though nobody waits for them any more.
final class Stragglers: Sendable {
    private let attempts = Atomic<Int>(0)

    var count: Int { attempts.load(ordering: .relaxed) }

    func add(_ count: Int) {
        attempts.add(count, ordering: .relaxed)
    }
}
