// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// How often values fell into each of a few ranges, and their sum: durations, sizes.
///
/// Made by a ``MetricsRegistry`` and held by its owner. Recording finds the bucket by comparing integers and makes two
/// relaxed atomic additions, without lock or allocation. Count and sum are read one after the other, so a snapshot
/// taken while values arrive may have a value in one and not yet in the other; the buckets always add up to the count.
public final class Histogram: Sendable {
    /// The buckets' upper bounds.
    public let buckets: Buckets
    private let counts: AtomicArray
    private let sum = Atomic<Int64>(0)

    init(_ buckets: Buckets) {
        self.buckets = buckets
        counts = AtomicArray(count: buckets.steps.count + 1)
    }

    /// Records a value in the unit of the bounds (seconds, bytes). NaN is ignored.
    public func record(_ value: Double) {
        guard !value.isNaN else { return }
        record(steps: Buckets.steps(value, scale: buckets.scale))
    }

    /// Records a duration; for histograms of seconds.
    public func record(_ duration: Duration) {
        record(nanoseconds: duration.nanoseconds)
    }

    /// Records a duration in nanoseconds; for histograms of seconds, where it is the cheapest form.
    public func record(nanoseconds: Int64) {
        if buckets.scale == 1e9 { record(steps: nanoseconds) } else { record(Double(nanoseconds) / 1e9) }
    }

    private func record(steps: Int64) {
        // A scan of a dozen integers without branches beats a search.
        var index = 0
        for bound in buckets.steps { index &+= steps > bound ? 1 : 0 }
        counts.increment(index)
        sum.wrappingAdd(steps, ordering: .relaxed)
    }

    /// What was recorded so far.
    public var snapshot: HistogramSnapshot {
        let total = sum.load(ordering: .relaxed)
        return HistogramSnapshot(bounds: buckets.bounds, counts: counts.values, sum: Double(total) / buckets.scale)
    }
}
