// SPDX-License-Identifier: Apache-2.0

/// Histograms of one name, with the same buckets, that differ in the values of `arity` labels.
public struct HistogramFamily<let arity: Int>: Sendable {
    let series: LabelledSeries<arity>
    /// The buckets of each of them.
    public let buckets: Buckets

    /// The histogram with these label values, in the order of the label names; always the same one for the same values.
    ///
    /// Takes a lock and compares text: ask once and keep the histogram. Past the family's limit of series every new set
    /// of values gets the one histogram labelled `overflow="true"`.
    public func labels(_ values: InlineArray<arity, String>) -> Histogram {
        guard case .histogram(let histogram) = series.instrument(values, make: { .histogram(Histogram(buckets)) })
        else {
            return Histogram(buckets)
        }
        return histogram
    }

    /// Takes the series out of the exposition, when what it measures is gone for good.
    public func remove(_ values: InlineArray<arity, String>) {
        series.remove(values)
    }
}
