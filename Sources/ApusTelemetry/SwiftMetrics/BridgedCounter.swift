// SPDX-License-Identifier: Apache-2.0
import CoreMetrics

/// A counter of swift-metrics.
final class BridgedCounter: CounterHandler, BridgedMetric {
    let family: MetricFamily
    let labels: MetricLabels
    private let counter: Counter

    init(family: MetricFamily, labels: MetricLabels, counter: Counter) {
        self.family = family
        self.labels = labels
        self.counter = counter
    }

    func increment(by amount: Int64) {
        counter.increment(by: amount)
    }

    func reset() {
        counter.reset()
    }
}
