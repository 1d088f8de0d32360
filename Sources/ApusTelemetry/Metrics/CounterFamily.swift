// SPDX-License-Identifier: Apache-2.0

/// Counters of one name that differ in the values of `arity` labels.
public struct CounterFamily<let arity: Int>: Sendable {
    let series: LabelledSeries<arity>

    /// The counter with these label values, in the order of the label names; always the same one for the same values.
    ///
    /// Takes a lock and compares text: ask once and keep the counter. Past the family's limit of series every new set
    /// of values gets the one counter labelled `overflow="true"`.
    public func labels(_ values: InlineArray<arity, String>) -> Counter {
        guard case .counter(let counter) = series.instrument(values, make: { .counter(Counter()) }) else {
            return Counter()
        }
        return counter
    }

    /// Takes the series out of the exposition, when what it counts is gone for good.
    public func remove(_ values: InlineArray<arity, String>) {
        series.remove(values)
    }
}
