// SPDX-License-Identifier: Apache-2.0

/// A histogram at one moment.
public struct HistogramSnapshot: Sendable, Equatable {
    /// The buckets' upper bounds, ascending, without `+Inf`.
    public let bounds: [Double]
    /// How many values fell into each bucket alone, the last one being `+Inf`; one more than there are bounds.
    public let counts: [UInt64]
    /// The sum of the values.
    public let sum: Double

    /// - Parameters:
    ///   - bounds: ascending, without `+Inf`.
    ///   - counts: one more than there are bounds.
    ///   - sum: the sum of the values.
    public init(bounds: [Double], counts: [UInt64], sum: Double) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    /// How many values were recorded.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// The value below which the share `quantile` (0 to 1) of all lies, estimated by interpolation inside a bucket; the
    /// last bound for what is above it, nil if nothing was recorded.
    public func estimate(quantile: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let rank = min(max(quantile, 0), 1) * Double(total)
        var below: Double = 0
        for (index, bound) in bounds.enumerated() {
            let inside = Double(counts[index])
            if inside > 0 && below + inside >= rank {
                let lower = index > 0 ? bounds[index - 1] : min(0, bound)
                return lower + (bound - lower) * (rank - below) / inside
            }
            below += inside
        }
        return bounds.last
    }
}
