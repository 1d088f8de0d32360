// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What the handlers of a service have in hand of each key, and what they have done.
final class KeyedJobs: Sendable {
    private struct State {
        var inHand: [Int: Int] = [:]
        var overlaps = 0
        var done: [Int] = []
    }

    private let state = Mutex(State())

    var overlaps: Int { state.withLock { $0.overlaps } }
    var done: [Int] { state.withLock { $0.done } }

    func begin(_ key: Int) {
        state.withLock { state in
            state.inHand[key, default: 0] += 1
            if state.inHand[key, default: 0] > 1 { state.overlaps += 1 }
        }
    }

    func end(_ number: Int, _ key: Int, isDone: Bool) {
        state.withLock { state in
            state.inHand[key, default: 0] -= 1
            if isDone { state.done.append(number) }
        }
    }
}
