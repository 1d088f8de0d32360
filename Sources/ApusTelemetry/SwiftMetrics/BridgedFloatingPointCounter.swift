// SPDX-License-Identifier: Apache-2.0
import CoreMetrics

/// A floating-point counter of swift-metrics. The series it belongs to is shown as a counter and kept in a gauge.
final class BridgedFloatingPointCounter: FloatingPointCounterHandler, BridgedMetric {
    let family: MetricFamily
    let labels: MetricLabels
    private let sum: Gauge

    init(family: MetricFamily, labels: MetricLabels) {
        self.family = family
        self.labels = labels
        let instrument = family.instrument(labels) { .sum(Gauge()) }
        sum = if case .sum(let sum) = instrument { sum } else { Gauge() }
    }

    /// Adds a finite amount above zero; others are ignored, for a counter never falls.
    func increment(by amount: Double) {
        guard amount.isFinite, amount > 0 else { return }
        sum.add(amount)
    }

    func reset() {
        sum.set(0)
    }
}
