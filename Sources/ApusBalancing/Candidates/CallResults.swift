// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What became of the calls to a candidate since the last look, for outlier detection. All atomics: two calls that end
/// at once may be counted in either order.
struct CallResults: ~Copyable, Sendable {
    private let successes = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)
    private let failuresInRow = Atomic<Int>(0)
    private let gatewayFailuresInRow = Atomic<Int>(0)

    func succeeded() {
        successes.wrappingAdd(1, ordering: .relaxed)
        // Usually nothing is to be written.
        if failuresInRow.load(ordering: .relaxed) != 0 { endRuns() }
    }

    /// Counts a failure.
    ///
    /// - Returns: how many there are in a row, of any kind and without an answer, this one included.
    func failed(withoutAnswer: Bool) -> (failures: Int, gatewayFailures: Int) {
        failures.wrappingAdd(1, ordering: .relaxed)
        let inRow = failuresInRow.wrappingAdd(1, ordering: .relaxed).newValue
        guard withoutAnswer else {
            gatewayFailuresInRow.store(0, ordering: .relaxed)
            return (inRow, 0)
        }
        return (inRow, gatewayFailuresInRow.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    /// Begins to count failures in a row anew.
    func endRuns() {
        failuresInRow.store(0, ordering: .relaxed)
        gatewayFailuresInRow.store(0, ordering: .relaxed)
    }

    /// Takes the counts of the interval, which begin anew.
    func takeInterval() -> (successes: Int, failures: Int) {
        (successes.exchange(0, ordering: .relaxed), failures.exchange(0, ordering: .relaxed))
    }
}
