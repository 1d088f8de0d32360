// SPDX-License-Identifier: Apache-2.0

/// How many calls there were, and what became of them.
struct OutcomeTotals: Sendable, Hashable {
    var calls = 0
    var failures = 0
    var slow = 0

    mutating func add(_ other: OutcomeTotals) {
        calls += other.calls
        failures += other.failures
        slow += other.slow
    }

    mutating func subtract(_ other: OutcomeTotals) {
        calls -= other.calls
        failures -= other.failures
        slow -= other.slow
    }
}
