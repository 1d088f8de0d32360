// SPDX-License-Identifier: Apache-2.0

/// What a series reads its value from.
enum Instrument: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    /// A counter of fractions.
    case sum(Gauge)
    /// Asked at every scrape; nil leaves the series out.
    case reading(@Sendable () -> Double?)

    /// The value now, or nil if there is none.
    var value: MetricSample.Value? {
        switch self {
        case .counter(let counter): .integer(counter.value)
        case .gauge(let gauge): .number(gauge.value)
        case .sum(let sum): .number(sum.value)
        case .histogram(let histogram): .histogram(histogram.snapshot)
        case .reading(let read): read().map { .number($0) }
        }
    }
}
