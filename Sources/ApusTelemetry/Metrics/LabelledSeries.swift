// SPDX-License-Identifier: Apache-2.0

/// A family together with the names of its `arity` labels.
struct LabelledSeries<let arity: Int>: Sendable {
    let family: MetricFamily
    let names: InlineArray<arity, String>

    func instrument(_ values: InlineArray<arity, String>, make: () -> Instrument) -> Instrument {
        family.instrument(labels(values), make: make)
    }

    func remove(_ values: InlineArray<arity, String>) {
        family.remove(labels(values))
    }

    private func labels(_ values: InlineArray<arity, String>) -> MetricLabels {
        MetricLabels(names.indices.map { (names[$0], values[$0]) })
    }
}
