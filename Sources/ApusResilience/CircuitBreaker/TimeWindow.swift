// SPDX-License-Identifier: Apache-2.0

/// What became of the calls of the last while: a ring of buckets with a running total.
///
/// Recording costs O(1); what leaves the window is subtracted when its bucket is reused. Bucket borders lie at
/// multiples of the bucket's width. A time before the newest bucket counts into the newest one, so that two threads
/// whose readings of the clock arrive in the wrong order lose nothing. The buckets lie in the value itself: no
/// allocation, no copy on write.
struct TimeWindow: Sendable {
    static let maximumBuckets = 16

    private var buckets = InlineArray<16, OutcomeTotals>(repeating: OutcomeTotals())
    private let bucketCount: Int
    private let width: Int64
    private var current = 0
    private var currentStart = Int64.min
    /// The first nanosecond that no longer belongs to the newest bucket.
    private(set) var currentEnd = Int64.min
    private(set) var totals = OutcomeTotals()

    /// - Parameters:
    ///   - length: the whole window in nanoseconds, positive.
    ///   - bucketCount: 1 to ``maximumBuckets``.
    init(length: Int64, bucketCount: Int) {
        self.bucketCount = bucketCount
        width = max(1, length / Int64(bucketCount))
    }

    mutating func record(_ outcomes: OutcomeTotals, at now: Int64) {
        if now >= currentEnd { advance(to: now) }
        add(outcomes)
    }

    /// Counts into the newest bucket.
    mutating func add(_ outcomes: OutcomeTotals) {
        buckets[current].add(outcomes)
        totals.add(outcomes)
    }

    /// Forgets what is too old at `now`.
    mutating func advance(to now: Int64) {
        let offset = now % width
        let (start, underflow) = now.subtractingReportingOverflow(offset < 0 ? offset + width : offset)
        guard !underflow, start > currentStart else { return }
        let (gap, overflow) = start.subtractingReportingOverflow(currentStart)
        let steps = overflow ? bucketCount : Int(min(gap / width, Int64(bucketCount)))
        for _ in 0..<steps {
            current = current + 1 == bucketCount ? 0 : current + 1
            totals.subtract(buckets[current])
            buckets[current] = OutcomeTotals()
        }
        currentStart = start
        let (end, beyond) = start.addingReportingOverflow(width)
        currentEnd = beyond ? .max : end
    }

    /// Forgets everything.
    mutating func clear() {
        for index in 0..<bucketCount { buckets[index] = OutcomeTotals() }
        totals = OutcomeTotals()
    }
}
