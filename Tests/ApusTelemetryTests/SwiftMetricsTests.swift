// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import CoreMetrics
import Testing

@Suite("Metrics from libraries that use swift-metrics")
struct SwiftMetricsTests {
    private let registry = MetricsRegistry()
    private var factory: ApusMetricsFactory {
        ApusMetricsFactory(registry, timerBuckets: .seconds([0.1]), recorderBuckets: .plain([10]))
    }

    private var text: String { String(decoding: PrometheusText.write(registry), as: UTF8.self) }

    /// The exposition without its comments.
    private var samples: [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("#") } }

    @Test("Each kind becomes its counterpart")
    func kinds() {
        CoreMetrics.Counter(label: "pool.hits", dimensions: [("pool-name", "a")], factory: factory).increment(by: 3)
        let fractions = FloatingPointCounter(label: "work.done", factory: factory)
        for amount in [0.5, 0.25, -1, .nan, .infinity] { fractions.increment(by: amount) }
        let meter = Meter(label: "level", factory: factory)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement()
        CoreMetrics.Gauge(label: "now", factory: factory).record(7)
        let sizes = Recorder(label: "sizes", factory: factory)
        sizes.record(5)
        sizes.record(50.5)
        Timer(label: "query", factory: factory).recordMilliseconds(50)
        #expect(
            samples == [
                "level 6.5", "now 7.0", #"pool_hits_total{pool_name="a"} 3"#, #"query_seconds_bucket{le="0.1"} 1"#,
                #"query_seconds_bucket{le="+Inf"} 1"#, "query_seconds_sum 0.05", "query_seconds_count 1",
                #"sizes_bucket{le="10.0"} 1"#, #"sizes_bucket{le="+Inf"} 2"#, "sizes_sum 55.5", "sizes_count 2",
                "work_done_total 0.75",
            ])
    }

    @Test("The same label and dimensions give the same series, and a reset starts at zero")
    func sharing() {
        let first = CoreMetrics.Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: factory)
        let second = CoreMetrics.Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: factory)
        first.increment()
        second.increment()
        #expect(samples == [#"c_total{a="1",b="2"} 2"#])
        first.reset()
        #expect(samples == [#"c_total{a="1",b="2"} 0"#])
        let fractions = FloatingPointCounter(label: "f", factory: factory)
        FloatingPointCounter(label: "f", factory: factory).increment(by: 1.5)
        fractions.increment()
        #expect(samples.last == "f_total 2.5")
        fractions.reset()
        #expect(samples.last == "f_total 0.0")
    }

    @Test("What is destroyed is no longer shown")
    func destroying() {
        let (counter, fractions) = (
            CoreMetrics.Counter(label: "c", factory: factory), FloatingPointCounter(label: "f", factory: factory)
        )
        let (meter, recorder) = (Meter(label: "m", factory: factory), Recorder(label: "r", factory: factory))
        let timer = Timer(label: "t", factory: factory)
        #expect(registry.snapshot.count == 5)
        counter.destroy()
        fractions.destroy()
        meter.destroy()
        recorder.destroy()
        timer.destroy()
        #expect(registry.snapshot.isEmpty)
    }
}
