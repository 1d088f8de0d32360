// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// How often each of the jobs 0, 1, 2 … was handled.
final class CountedJobs: Sendable {
    private struct State {
        var counts: [Int]
        var total = 0
        /// Jobs that nobody published.
        var others: [Int] = []
    }

    private let state: Mutex<State>

    /// - Parameter jobs: how many there are.
    init(_ jobs: Int) {
        state = Mutex(State(counts: [Int](repeating: 0, count: jobs)))
    }

    /// How often any was handled.
    var total: Int { state.withLock { $0.total } }

    func count(_ number: Int) {
        state.withLock { state in
            state.total += 1
            guard state.counts.indices.contains(number) else { return state.others.append(number) }
            state.counts[number] += 1
        }
    }

    /// The first few that weren't handled exactly once, each with how often.
    var faults: [String] {
        state.withLock { state in
            let wrong = state.counts.enumerated().filter { $0.element != 1 }.prefix(10)
            return wrong.map { "\($0.offset): \($0.element)" } + state.others.prefix(10).map { "\($0): unknown" }
        }
    }
}
