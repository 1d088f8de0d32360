// SPDX-License-Identifier: Apache-2.0
import CoreMetrics

/// A meter or a recorder that doesn't aggregate.
final class BridgedGauge: MeterHandler, RecorderHandler, BridgedMetric {
    let family: MetricFamily
    let labels: MetricLabels
    private let gauge: Gauge

    init(family: MetricFamily, labels: MetricLabels, gauge: Gauge) {
        self.family = family
        self.labels = labels
        self.gauge = gauge
    }

    func set(_ value: Int64) {
        gauge.set(Double(value))
    }

    func set(_ value: Double) {
        gauge.set(value)
    }

    func increment(by amount: Double) {
        gauge.add(amount)
    }

    func decrement(by amount: Double) {
        gauge.add(-amount)
    }

    func record(_ value: Int64) {
        gauge.set(Double(value))
    }

    func record(_ value: Double) {
        gauge.set(value)
    }
}
