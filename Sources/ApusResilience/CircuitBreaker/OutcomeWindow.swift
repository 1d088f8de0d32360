// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The calls that the rates are judged by: of the last while, or the last so many.
struct OutcomeWindow: Sendable {
    private let shape: CircuitBreakerWindow
    private let isCounting: Bool
    private var time: TimeWindow
    private var last: CountWindow

    init(_ shape: CircuitBreakerWindow) {
        self.shape = shape
        switch shape {
        case .time(let length, let buckets):
            isCounting = false
            time = TimeWindow(length: length.nanoseconds, bucketCount: buckets)
            last = CountWindow(capacity: 1)
        case .count(let calls):
            isCounting = true
            time = TimeWindow(length: 1, bucketCount: 1)
            last = CountWindow(capacity: calls)
        }
    }

    @inline(__always) var totals: OutcomeTotals { isCounting ? last.totals : time.totals }

    /// Until when successes may be counted without telling their time.
    @inline(__always) var successesNeedNoTimeUntil: Int64 { isCounting ? .max : time.currentEnd }

    mutating func record(failed: Bool, slow: Bool, at now: Int64) {
        if isCounting {
            last.record(failed: failed, slow: slow)
        } else {
            time.record(OutcomeTotals(calls: 1, failures: failed ? 1 : 0, slow: slow ? 1 : 0), at: now)
        }
    }

    /// Counts calls that succeeded in time, before ``successesNeedNoTimeUntil``.
    mutating func recordSuccesses(_ count: Int) {
        if isCounting { last.recordSuccesses(count) } else { time.add(OutcomeTotals(calls: count)) }
    }

    mutating func clear() {
        time.clear()
        last.clear()
    }

    /// A window of another shape with what of this one can be kept: among counts the newest calls, among times
    /// everything that is not too old, as if it were of `now`. Between a time and a count nothing.
    func reshaped(_ next: CircuitBreakerWindow, now: Int64) -> OutcomeWindow {
        if next == shape { return self }
        var window = OutcomeWindow(next)
        switch (shape, next) {
        case (.count, .count(let calls)):
            window.last = CountWindow(capacity: calls, newestOf: last)
        case (.time, .time):
            var aged = time
            aged.advance(to: now)
            window.time.record(aged.totals, at: now)
        case (.time, .count), (.count, .time): break
        }
        return window
    }
}
