// SPDX-License-Identifier: Apache-2.0

extension MetricsRegistry {
    // MARK: One series

    /// A counter with fixed labels.
    ///
    /// - Parameters:
    ///   - name: with or without `_total`, which formats add.
    ///   - help: a sentence for who reads the exposition.
    ///   - labels: names and values; none by default.
    public func counter(_ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter {
        counter(name, help, labels: MetricLabels(labels.map { ($0.key, $0.value) }))
    }

    /// A gauge with fixed labels.
    public func gauge(_ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        gauge(name, help, labels: MetricLabels(labels.map { ($0.key, $0.value) }))
    }

    /// A histogram with fixed labels.
    ///
    /// - Parameter buckets: the unit and bounds; seconds from 0.5 ms to 10 s by default.
    public func histogram(
        _ name: String, _ help: String, buckets: Buckets = .seconds(), labels: KeyValuePairs<String, String> = [:]
    ) -> Histogram {
        histogram(name, help, buckets: buckets, labels: MetricLabels(labels.map { ($0.key, $0.value) }))
    }

    // MARK: Families

    /// Counters that differ in their label values.
    ///
    /// - Parameter labels: the labels' names; their number is part of the type, so that none can be forgotten.
    public func counters<let arity: Int>(
        _ name: String, _ help: String, labels: InlineArray<arity, String>
    ) -> CounterFamily<arity> {
        CounterFamily(series: LabelledSeries(family: family(name, help, .counter), names: labels))
    }

    /// Gauges that differ in their label values.
    public func gauges<let arity: Int>(
        _ name: String, _ help: String, labels: InlineArray<arity, String>
    ) -> GaugeFamily<arity> {
        GaugeFamily(series: LabelledSeries(family: family(name, help, .gauge), names: labels))
    }

    /// Histograms that differ in their label values.
    ///
    /// - Parameter buckets: the unit and bounds; seconds from 0.5 ms to 10 s by default.
    public func histograms<let arity: Int>(
        _ name: String, _ help: String, buckets: Buckets = .seconds(), labels: InlineArray<arity, String>
    ) -> HistogramFamily<arity> {
        let family = family(name, help, .histogram, buckets: buckets)
        return HistogramFamily(series: LabelledSeries(family: family, names: labels), buckets: buckets)
    }

    // MARK: Readings

    /// A gauge that is read when it is scraped. A second one of the same name and labels replaces the first.
    ///
    /// - Parameter read: called on the scraping thread, outside every lock; nil leaves the series out this time. Should
    ///   be quick.
    public func gauge(
        _ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:],
        reading read: @escaping @Sendable () -> Double?
    ) {
        let labels = MetricLabels(labels.map { ($0.key, $0.value) })
        _ = family(name, help, .gauge).replace(labels, with: .reading(read))
    }

    /// A counter that is kept elsewhere and read when it is scraped. A second one of the same name and labels replaces
    /// the first.
    ///
    /// - Parameter read: called on the scraping thread, outside every lock; nil leaves the series out this time. Must
    ///   never fall.
    public func counter(
        _ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:],
        reading read: @escaping @Sendable () -> Double?
    ) {
        let labels = MetricLabels(labels.map { ($0.key, $0.value) })
        _ = family(name, help, .counter).replace(labels, with: .reading(read))
    }

    // MARK: Labels known at run time

    func counter(_ name: String, _ help: String, labels: MetricLabels) -> Counter {
        let instrument = family(name, help, .counter).instrument(labels) { .counter(Counter()) }
        guard case .counter(let counter) = instrument else { return Counter() }
        return counter
    }

    func gauge(_ name: String, _ help: String, labels: MetricLabels) -> Gauge {
        let instrument = family(name, help, .gauge).instrument(labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = instrument else { return Gauge() }
        return gauge
    }

    func histogram(_ name: String, _ help: String, buckets: Buckets, labels: MetricLabels) -> Histogram {
        let family = family(name, help, .histogram, buckets: buckets)
        let instrument = family.instrument(labels) { .histogram(Histogram(buckets)) }
        guard case .histogram(let histogram) = instrument else { return Histogram(buckets) }
        return histogram
    }
}
