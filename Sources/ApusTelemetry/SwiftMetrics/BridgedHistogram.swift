// SPDX-License-Identifier: Apache-2.0
import CoreMetrics

/// A timer or a recorder that aggregates.
final class BridgedHistogram: RecorderHandler, TimerHandler, BridgedMetric {
    let family: MetricFamily
    let labels: MetricLabels
    private let histogram: Histogram

    init(family: MetricFamily, labels: MetricLabels, histogram: Histogram) {
        self.family = family
        self.labels = labels
        self.histogram = histogram
    }

    func record(_ value: Int64) {
        histogram.record(Double(value))
    }

    func record(_ value: Double) {
        histogram.record(value)
    }

    func recordNanoseconds(_ duration: Int64) {
        histogram.record(nanoseconds: duration)
    }
}
