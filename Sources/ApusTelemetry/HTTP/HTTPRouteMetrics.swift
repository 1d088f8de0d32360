// SPDX-License-Identifier: Apache-2.0

/// The instruments of one method and route of a server.
///
/// Recording takes a handful of relaxed atomics: no lookup, no lock, no allocation, but for the first request of a
/// status.
public final class HTTPRouteMetrics: Sendable {
    private let requests: StatusCounters
    private let duration: Histogram
    private let inFlight: Gauge

    init(requests: StatusCounters, duration: Histogram, inFlight: Gauge) {
        self.requests = requests
        self.duration = duration
        self.inFlight = inFlight
    }

    /// A request arrived. Each call is followed by exactly one of ``end(status:nanoseconds:)``.
    public func begin() {
        inFlight.increment()
    }

    /// The request that ``begin()`` announced is answered, or its client is gone (status 499).
    ///
    /// - Parameter nanoseconds: how long it took.
    public func end(status: Int, nanoseconds: Int64) {
        inFlight.decrement()
        record(status: status, nanoseconds: nanoseconds)
    }

    /// Counts an answered request that was not announced by ``begin()``.
    public func record(status: Int, nanoseconds: Int64) {
        requests.increment(status)
        duration.record(nanoseconds: nanoseconds)
    }
}
