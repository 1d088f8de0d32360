// SPDX-License-Identifier: Apache-2.0

/// Finds out how large the window of a ``TinyLFUStore`` is best: it changes it a little, looks whether more requests hit
/// than before, and goes on in the same direction or turns round.
///
/// A step is 6.25 % of the capacity at first and becomes 2 % smaller each time, so that it comes to rest; a hit rate that
/// changes by five points or more means that the requests have changed, and starts it again.
///
/// Source: Einziger, Eytan, Friedman, Manes, "Adaptive Software Cache Management", Middleware 2018.
@usableFromInline
struct WindowClimber: Sendable {
    @usableFromInline let firstStep: Double
    /// Requests between two steps.
    @usableFromInline let sample: Int
    @usableFromInline var hits = 0
    @usableFromInline var misses = 0
    @usableFromInline var rate = 0.0
    @usableFromInline var step: Double

    @inlinable
    init(capacity: Int) {
        firstStep = 0.0625 * Double(capacity)
        sample = max(capacity, 100).multipliedReportingOverflow(by: 10).partialValue
        // The window is small at the start, and the hit rate of the first sample is above zero: the first step is a
        // small one back, which changes nothing and gives a rate to compare with.
        step = -firstStep
    }

    /// By how much the window is to change after this request; nil for most.
    @inlinable
    mutating func record(isHit: Bool) -> Int? {
        if isHit { hits &+= 1 } else { misses &+= 1 }
        return hits &+ misses < sample ? nil : climb()
    }

    @inlinable
    mutating func climb() -> Int {
        let newRate = Double(hits) / Double(hits + misses)
        let change = newRate - rate
        let amount = change >= 0 ? step : -step
        step = abs(change) >= 0.05 ? (amount < 0 ? -firstStep : firstStep) : amount * 0.98
        rate = newRate
        hits = 0
        misses = 0
        return Int(amount)
    }
}
