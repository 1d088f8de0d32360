// SPDX-License-Identifier: Apache-2.0

/// Gauges of one name that differ in the values of `arity` labels.
public struct GaugeFamily<let arity: Int>: Sendable {
    let series: LabelledSeries<arity>

    /// The gauge with these label values, in the order of the label names; always the same one for the same values.
    ///
    /// Takes a lock and compares text: ask once and keep the gauge. Past the family's limit of series every new set of
    /// values gets the one gauge labelled `overflow="true"`.
    public func labels(_ values: InlineArray<arity, String>) -> Gauge {
        guard case .gauge(let gauge) = series.instrument(values, make: { .gauge(Gauge()) }) else { return Gauge() }
        return gauge
    }

    /// Takes the series out of the exposition, when what it measures is gone for good.
    public func remove(_ values: InlineArray<arity, String>) {
        series.remove(values)
    }
}
