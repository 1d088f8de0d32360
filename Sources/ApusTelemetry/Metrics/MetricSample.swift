// SPDX-License-Identifier: Apache-2.0

/// One series of a family at one moment.
public struct MetricSample: Sendable, Equatable {
    /// What was measured.
    public enum Value: Sendable, Equatable {
        case integer(UInt64)
        case number(Double)
        case histogram(HistogramSnapshot)
    }

    /// What tells it from the family's other series.
    public let labels: MetricLabels
    /// What was measured.
    public let value: Value

    /// A sample of the series with these labels.
    public init(labels: MetricLabels, value: Value) {
        self.labels = labels
        self.value = value
    }
}
