// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Dispatch
import Testing

@Suite("The metrics registry")
struct MetricsRegistryTests {
    @Test("The same name and labels give the same instrument, in whatever order the labels stand")
    func identity() {
        let registry = MetricsRegistry()
        #expect(registry.counter("a_total", "") === registry.counter("a", ""))
        #expect(
            registry.gauge("g", "", labels: ["x": "1", "y": "2"])
                === registry.gauge("g", "", labels: ["y": "2", "x": "1"]))
        #expect(registry.gauge("g", "", labels: ["x": "1"]) !== registry.gauge("g", "", labels: ["x": "2"]))
        let family = registry.counters("f", "", labels: ["x", "y"])
        #expect(family.labels(["1", "2"]) === family.labels(["1", "2"]))
        #expect(family.labels(["1", "2"]) !== family.labels(["2", "1"]))
        #expect(family.labels(["1", "2"]) === registry.counter("f", "", labels: ["x": "1", "y": "2"]))
        #expect(registry.conflicts.isEmpty)
    }

    @Test("Threads that ask for the same series at once get the same counter")
    func concurrentCreation() {
        let registry = MetricsRegistry()
        let family = registry.counters("f", "", labels: ["x"])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for value in 0..<500 { family.labels(["\(value % 50)"]).increment() }
        }
        let samples = registry.snapshot[0].samples
        #expect(samples.count == 50)
        #expect(samples.allSatisfy { $0.value == .integer(80) })
    }

    @Test("Past the limit, new label values share one series, and how often that happened is counted")
    func cardinality() throws {
        let registry = MetricsRegistry(seriesLimit: 3)
        let family = registry.counters("f", "help", labels: ["x"])
        for value in 0..<10 { family.labels(["\(value)"]).increment() }
        family.labels(["0"]).increment()
        #expect(family.labels(["8"]) === family.labels(["9"]))
        let text = String(decoding: PrometheusText.write(registry), as: UTF8.self)
        #expect(
            text == """
                # HELP f_total help
                # TYPE f_total counter
                f_total{x="0"} 2
                f_total{x="1"} 1
                f_total{x="2"} 1
                f_total{overflow="true"} 7
                # HELP telemetry_series_dropped_total Requests for a new series that were sent to the overflow series.
                # TYPE telemetry_series_dropped_total counter
                telemetry_series_dropped_total{metric="f"} 9

                """)
    }

    @Test("Gauges and histograms overflow too")
    func otherOverflows() {
        let registry = MetricsRegistry(seriesLimit: 1)
        let gauges = registry.gauges("g", "", labels: ["x"])
        let histograms = registry.histograms("h", "", labels: ["x"])
        gauges.labels(["1"]).set(1)
        gauges.labels(["2"]).set(2)
        histograms.labels(["1"]).record(1.0)
        histograms.labels(["2"]).record(2.0)
        histograms.labels(["3"]).record(3.0)
        let samples = registry.snapshot.prefix(2).map { $0.samples.map { $0.labels.description } }
        #expect(samples == [["x=\"1\"", "overflow=\"true\""], ["x=\"1\"", "overflow=\"true\""]])
        #expect(histograms.labels(["9"]).snapshot.count == 2)
    }

    @Test("A removed series is no longer shown and makes room for another")
    func removal() {
        let registry = MetricsRegistry(seriesLimit: 1)
        let family = registry.gauges("g", "", labels: ["x"])
        let old = family.labels(["old"])
        family.remove(["old"])
        family.labels(["new"]).set(1)
        old.set(5)
        #expect(registry.snapshot.map { $0.samples.map { $0.labels.description } } == [["x=\"new\""]])
    }

    @Test("A name that is taken by another kind gives an instrument that works, is not shown, and is reported")
    func conflicts() {
        let registry = MetricsRegistry()
        registry.counter("x", "").increment()
        let gauge = registry.gauge("x", "")
        gauge.set(3)
        #expect(gauge.value == 3)
        registry.histogram("h", "").record(1.0)
        registry.gauge("h_count", "").set(1)
        registry.histogram("h", "", buckets: .bytes()).record(1)
        registry.gauge("x_total", "").set(1)
        #expect(registry.conflicts == ["x", "h_count", "h", "x_total"])
        #expect(registry.snapshot.map(\.name) == ["h", "telemetry_metric_conflicts", "x"])
        #expect(registry.snapshot[2].samples == [MetricSample(labels: .none, value: .integer(1))])
    }

    @Test("Names are made valid")
    func names() {
        let registry = MetricsRegistry()
        registry.gauge("http.requests-now", "", labels: ["the label": "v", "1st": "v", "__name__": "v", "a:b": "v"])
            .set(1)
        registry.gauge("9lives", "").set(1)
        registry.gauge("größe:ok", "").set(1)
        registry.gauge("", "").set(1)
        registry.counter("_total", "").increment()
        #expect(registry.snapshot.map(\.name) == ["_", "_9lives", "_total", "gr__e:ok", "http_requests_now"])
        #expect(registry.snapshot[4].samples[0].labels.pairs.map(\.name) == ["_1st", "_name__", "a_b", "the_label"])
    }

    @Test("A reading is asked at every scrape, may be replaced, and may have nothing to say")
    func readings() {
        let registry = MetricsRegistry()
        let source = registry.gauge("source", "")
        registry.gauge("twice", "") { source.value * 2 }
        registry.counter("read", "") { 1 }
        registry.counter("read", "") { 2 }
        registry.gauge("silent", "") { nil }
        source.set(4)
        #expect(registry.snapshot.map(\.name) == ["read", "source", "twice"])
        #expect(registry.snapshot.map { $0.samples[0].value } == [.number(2), .number(4), .number(8)])
    }

    @Test("A reading may use the registry itself")
    func reentrantReading() {
        let registry = MetricsRegistry()
        registry.gauge("asks", "") { Double(registry.conflicts.count) + Double(registry.counter("c", "").value) }
        #expect(registry.snapshot[0].samples[0].value == .number(0))
    }
}
