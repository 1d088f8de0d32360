// SPDX-License-Identifier: Apache-2.0

/// One series of a family at one moment.
public struct MetricSample: Sendable, Equatable {
    /// What was measured.
    public enum Value: Sendable, Equatable {
        case integer(UInt64)
        case number(Double)
        case histogram(HistogramSnapshot)
    }

    public let labels: MetricLabels
    public let value: Value

    public init(labels: MetricLabels, value: Value) {
        self.labels = labels
        self.value = value
    }
}
