// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// All series of one name: the registry's own record, behind the typed families.
final class MetricFamily: Sendable {
    private struct Series {
        var byLabels: [MetricLabels: Instrument] = [:]
        var overflow: Instrument?
        var dropped: UInt64 = 0
    }

    let name: String
    let help: String
    let kind: MetricKind
    /// Only of a histogram.
    let buckets: Buckets?
    let limit: Int
    private let series = Mutex(Series())

    init(name: String, help: String, kind: MetricKind, buckets: Buckets? = nil, limit: Int) {
        self.name = name
        self.help = help
        self.kind = kind
        self.buckets = buckets
        self.limit = limit
    }

    /// The instrument of the series with these labels, made by `make` if it is new; the overflow series' once there are
    /// as many series as are allowed.
    func instrument(_ labels: MetricLabels, make: () -> Instrument) -> Instrument {
        series.withLock { series in
            if let known = series.byLabels[labels] { return known }
            guard series.byLabels.count < limit else {
                series.dropped += 1
                if let overflow = series.overflow { return overflow }
                let overflow = make()
                series.overflow = overflow
                return overflow
            }
            let new = make()
            series.byLabels[labels] = new
            return new
        }
    }

    /// Puts a reading in place of what was there; false if there is no room for another series.
    func replace(_ labels: MetricLabels, with instrument: Instrument) -> Bool {
        series.withLock { series in
            guard series.byLabels[labels] != nil || series.byLabels.count < limit else {
                series.dropped += 1
                return false
            }
            series.byLabels[labels] = instrument
            return true
        }
    }

    /// Forgets a series. Its owner may go on recording; nobody sees it.
    func remove(_ labels: MetricLabels) {
        series.withLock { series in
            series.byLabels[labels] = nil
        }
    }

    /// How many requests for a new series went to the overflow series.
    var dropped: UInt64 { series.withLock { $0.dropped } }

    /// The family now. Readings are asked outside the lock.
    var snapshot: MetricSnapshot {
        let (byLabels, overflow) = series.withLock { ($0.byLabels, $0.overflow) }
        var samples = byLabels.compactMap { labels, instrument in
            instrument.value.map { MetricSample(labels: labels, value: $0) }
        }
        samples.sort { $0.labels.description < $1.labels.description }
        if let value = overflow?.value { samples.append(MetricSample(labels: .overflow, value: value)) }
        return MetricSnapshot(name: name, help: help, kind: kind, samples: samples)
    }
}
