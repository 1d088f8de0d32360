// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Dispatch
import Testing

@Suite("Instruments")
struct InstrumentTests {
    private let registry = MetricsRegistry()

    @Test("Increments from many threads at once all count")
    func concurrentCounter() {
        let counter = registry.counter("c", "")
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for _ in 0..<10_000 { counter.increment() }
            counter.increment(by: Int64(thread))
        }
        #expect(counter.value == 80_028)
    }

    @Test("A counter never falls")
    func negative() {
        let counter = registry.counter("c", "")
        counter.increment(by: 5)
        counter.increment(by: -3)
        counter.increment(by: 0)
        counter.increment(by: .min)
        #expect(counter.value == 5)
    }

    @Test("A gauge that many threads raise and lower is back where it was")
    func concurrentGauge() {
        let gauge = registry.gauge("g", "")
        gauge.set(0.5)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<5000 {
                gauge.increment()
                gauge.add(2)
                gauge.decrement()
            }
        }
        #expect(gauge.value == 80_000.5)
    }

    @Test("Values recorded from many threads all count, in their buckets and in the sum")
    func concurrentHistogram() {
        let histogram = registry.histogram("h", "", buckets: .seconds([0.001, 0.002]))
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for value in 0..<3000 { histogram.record(nanoseconds: Int64(value % 3 + 1) * 900_000) }
        }
        let snapshot = histogram.snapshot
        #expect(snapshot.counts == [8000, 8000, 8000])
        #expect(snapshot.count == 24_000)
        #expect(snapshot.sum == 43.2)
    }

    @Test("A value equal to a bound belongs to that bucket, however it is recorded")
    func bounds() {
        let bounds = Buckets.seconds().bounds
        for (index, bound) in bounds.enumerated() {
            let histogram = registry.histogram("h", "", labels: ["i": "\(index)"])
            histogram.record(bound)
            histogram.record(.nanoseconds(Int64(bound * 1e9)))
            histogram.record(nanoseconds: Int64(bound * 1e9) + 1)
            let counts = histogram.snapshot.counts
            #expect(counts[index] == 2)
            #expect(counts[index + 1] == 1)
        }
        #expect(bounds.first == 0.0005)
        #expect(bounds.last == 10)
    }

    @Test("Whatever is recorded, NaN left out, the histogram stays sound")
    func extremes() {
        let histogram = registry.histogram("h", "", buckets: .plain([0, 1]))
        for value in [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -5, 0, 1.5] {
            histogram.record(value)
        }
        #expect(histogram.snapshot.counts == [3, 0, 3])
        #expect(histogram.snapshot.count == 6)
    }

    @Test("Bounds are sorted, and repeated or infinite ones left out")
    func soundBounds() {
        #expect(Buckets.seconds([2, 1, 2, .infinity, .nan]).bounds == [1, 2])
        let empty = registry.histogram("empty", "", buckets: .bytes([]))
        empty.record(7)
        #expect(empty.snapshot == HistogramSnapshot(bounds: [], counts: [1], sum: 7))
    }

    @Test("A quantile is interpolated inside its bucket")
    func quantiles() {
        let snapshot = HistogramSnapshot(bounds: [1, 2, 4], counts: [10, 10, 0, 0], sum: 0)
        #expect(snapshot.estimate(quantile: 0.25) == 0.5)
        #expect(snapshot.estimate(quantile: 0.75) == 1.5)
        #expect(snapshot.estimate(quantile: 1) == 2)
        #expect(snapshot.estimate(quantile: 7) == 2)
        #expect(HistogramSnapshot(bounds: [1], counts: [0, 5], sum: 0).estimate(quantile: 0.5) == 1)
        #expect(HistogramSnapshot(bounds: [1], counts: [0, 0], sum: 0).estimate(quantile: 0.5) == nil)
    }
}
