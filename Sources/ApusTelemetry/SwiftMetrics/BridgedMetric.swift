// SPDX-License-Identifier: Apache-2.0

/// A handler of swift-metrics that knows its series.
protocol BridgedMetric: AnyObject, Sendable {
    var family: MetricFamily { get }
    var labels: MetricLabels { get }
}

extension BridgedMetric {
    /// Takes the series out of the exposition.
    func remove() {
        family.remove(labels)
    }
}
