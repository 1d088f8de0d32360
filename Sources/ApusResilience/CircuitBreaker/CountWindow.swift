// SPDX-License-Identifier: Apache-2.0

/// What became of the last so many calls: a ring of two bits per call with a running total.
///
/// Recording costs O(1). The bits lie in the value itself: no allocation, no copy on write.
struct CountWindow: Sendable {
    static let maximumCalls = 1_024
    static let range = 1...maximumCalls

    private var failed = InlineArray<16, UInt64>(repeating: 0)
    private var slow = InlineArray<16, UInt64>(repeating: 0)
    private let capacity: Int
    private var next = 0
    private(set) var totals = OutcomeTotals()

    /// - Parameter capacity: 1 to ``maximumCalls``.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The newest calls of another window, as many as find room.
    init(capacity: Int, newestOf other: CountWindow) {
        self.init(capacity: capacity)
        let kept = min(capacity, other.totals.calls)
        for age in (0..<kept).reversed() {
            let position = (other.next - 1 - age + other.capacity) % other.capacity
            record(failed: Self.bit(position, of: other.failed), slow: Self.bit(position, of: other.slow))
        }
    }

    mutating func record(failed isFailed: Bool, slow isSlow: Bool) {
        if totals.calls == capacity {
            if Self.bit(next, of: failed) { totals.failures -= 1 }
            if Self.bit(next, of: slow) { totals.slow -= 1 }
        } else {
            totals.calls += 1
        }
        Self.set(isFailed, next, of: &failed)
        Self.set(isSlow, next, of: &slow)
        if isFailed { totals.failures += 1 }
        if isSlow { totals.slow += 1 }
        next = next + 1 == capacity ? 0 : next + 1
    }

    /// Records so many calls that succeeded in time.
    mutating func recordSuccesses(_ count: Int) {
        if totals.failures == 0, totals.slow == 0 {
            totals.calls = min(capacity, totals.calls + count)
            next = (next + count) % capacity
        } else if count >= capacity {
            clear()
            totals.calls = capacity
        } else {
            for _ in 0..<count { record(failed: false, slow: false) }
        }
    }

    /// Forgets everything.
    mutating func clear() {
        self = CountWindow(capacity: capacity)
    }

    private static func bit(_ position: Int, of bits: borrowing InlineArray<16, UInt64>) -> Bool {
        bits[position >> 6] & (1 << UInt64(position & 63)) != 0
    }

    private static func set(_ value: Bool, _ position: Int, of bits: inout InlineArray<16, UInt64>) {
        let mask: UInt64 = 1 << UInt64(position & 63)
        if value { bits[position >> 6] |= mask } else { bits[position >> 6] &= ~mask }
    }
}
