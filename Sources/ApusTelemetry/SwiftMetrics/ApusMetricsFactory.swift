// SPDX-License-Identifier: Apache-2.0
public import CoreMetrics

/// Lets libraries that measure through swift-metrics show up in a ``MetricsRegistry``.
///
/// ```swift
/// MetricsSystem.bootstrap(ApusMetricsFactory(registry))
/// ```
///
/// | swift-metrics | here |
/// |---|---|
/// | counter, floating-point counter | counter, `_total` |
/// | meter, and recorder that doesn't aggregate (gauge) | gauge |
/// | recorder that aggregates | histogram, ``Buckets/plain(_:)`` |
/// | timer | histogram of seconds, `_seconds` |
///
/// Labels and dimensions become valid names (`http.requests` is `http_requests`), the registry's limit of series
/// applies, and the same label and dimensions give the same series. Destroying a metric takes its series out of the
/// exposition.
public struct ApusMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry
    private let timerBuckets: Buckets
    private let recorderBuckets: Buckets

    /// - Parameters:
    ///   - registry: where the metrics are exposed.
    ///   - timerBuckets: the bounds of timers, in seconds.
    ///   - recorderBuckets: the bounds of recorders.
    public init(_ registry: MetricsRegistry, timerBuckets: Buckets = .seconds(), recorderBuckets: Buckets = .plain()) {
        self.registry = registry
        self.timerBuckets = timerBuckets
        self.recorderBuckets = recorderBuckets
    }

    private static let help = "Recorded through swift-metrics."

    /// A counter, exposed with `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let labels = Self.labels(dimensions)
        return BridgedCounter(
            family: registry.family(label, Self.help, .counter), labels: labels,
            counter: registry.counter(label, Self.help, labels: labels))
    }

    /// A counter of fractions, exposed with `_total`.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let labels = Self.labels(dimensions)
        let family = registry.family(label, Self.help, .counter)
        return BridgedFloatingPointCounter(family: family, labels: labels)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        makeGauge(label, dimensions)
    }

    /// A histogram, or a gauge if it doesn't aggregate.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return makeGauge(label, dimensions) }
        return makeHistogram(label, dimensions, recorderBuckets)
    }

    /// A histogram of seconds, exposed with `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        makeHistogram(label.hasSuffix("_seconds") ? label : label + "_seconds", dimensions, timerBuckets)
    }

    /// Takes the series out of the exposition.
    public func destroyCounter(_ handler: any CounterHandler) {
        (handler as? any BridgedMetric)?.remove()
    }

    /// Takes the series out of the exposition.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        (handler as? any BridgedMetric)?.remove()
    }

    /// Takes the series out of the exposition.
    public func destroyMeter(_ handler: any MeterHandler) {
        (handler as? any BridgedMetric)?.remove()
    }

    /// Takes the series out of the exposition.
    public func destroyRecorder(_ handler: any RecorderHandler) {
        (handler as? any BridgedMetric)?.remove()
    }

    /// Takes the series out of the exposition.
    public func destroyTimer(_ handler: any TimerHandler) {
        (handler as? any BridgedMetric)?.remove()
    }

    private func makeGauge(_ label: String, _ dimensions: [(String, String)]) -> BridgedGauge {
        let labels = Self.labels(dimensions)
        return BridgedGauge(
            family: registry.family(label, Self.help, .gauge), labels: labels,
            gauge: registry.gauge(label, Self.help, labels: labels))
    }

    private func makeHistogram(
        _ label: String, _ dimensions: [(String, String)], _ buckets: Buckets
    ) -> BridgedHistogram {
        let labels = Self.labels(dimensions)
        return BridgedHistogram(
            family: registry.family(label, Self.help, .histogram, buckets: buckets), labels: labels,
            histogram: registry.histogram(label, Self.help, buckets: buckets, labels: labels))
    }

    private static func labels(_ dimensions: [(String, String)]) -> MetricLabels {
        MetricLabels(dimensions.map { (name: $0.0, value: $0.1) })
    }
}
