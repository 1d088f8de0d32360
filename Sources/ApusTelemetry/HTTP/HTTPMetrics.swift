// SPDX-License-Identifier: Apache-2.0

/// The metrics of HTTP servers and clients, in one place, so that every service and the gateway name them alike.
///
/// | name | labels |
/// |---|---|
/// | `http_server_requests_total` | `method`, `route`, `status` |
/// | `http_server_request_duration_seconds` | `method`, `route` |
/// | `http_server_requests_in_flight` | |
/// | `http_client_requests_total` | `service`, `status` |
/// | `http_client_request_duration_seconds` | `service` |
/// | `http_client_requests_in_flight` | `service` |
///
/// `route` is the pattern (`/v1/users/{id}`), never the path: it comes from the program, not from who calls. `status`
/// is the status as a number; statuses that no standard names are counted by class (`4xx`). For a client's call that
/// got no answer, `status` is the failure's code (`connect_failed`).
///
/// ```swift
/// let metrics = HTTPMetrics(registry)
/// let route = metrics.route(method: "GET", "/v1/users/{id}")   // once, kept by the route
/// route.begin()
/// route.end(status: 200, nanoseconds: 1_250_000)               // for every request
/// ```
public struct HTTPMetrics: Sendable {
    private static let methods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ]

    private let serverRequests: CounterFamily<3>
    private let serverDurations: HistogramFamily<2>
    private let serverInFlight: Gauge
    private let clientRequests: CounterFamily<2>
    private let clientDurations: HistogramFamily<1>
    private let clientInFlight: GaugeFamily<1>

    /// - Parameters:
    ///   - registry: where the metrics are exposed. Several of these may share it; they then share the series.
    ///   - buckets: the bounds of the durations.
    public init(_ registry: MetricsRegistry, buckets: Buckets = .seconds()) {
        serverRequests = registry.counters(
            "http_server_requests_total", "Requests answered.", labels: ["method", "route", "status"])
        serverDurations = registry.histograms(
            "http_server_request_duration_seconds", "From the request's head to the end of the response.",
            buckets: buckets, labels: ["method", "route"])
        serverInFlight = registry.gauge("http_server_requests_in_flight", "Requests being answered.")
        clientRequests = registry.counters(
            "http_client_requests_total", "Calls to other services, by status or by the code of their failure.",
            labels: ["service", "status"])
        clientDurations = registry.histograms(
            "http_client_request_duration_seconds", "From the call to the end of its response or to its failure.",
            buckets: buckets, labels: ["service"])
        clientInFlight = registry.gauges(
            "http_client_requests_in_flight", "Calls to other services under way.", labels: ["service"])
    }

    /// The instruments of one route. Ask once and keep them.
    ///
    /// - Parameters:
    ///   - method: the method; one that no standard names counts as `OTHER`.
    ///   - route: the route's pattern. For requests that match none, pass one fixed word such as `unmatched`.
    public func route(method: String, _ route: String) -> HTTPRouteMetrics {
        let method = Self.methods.contains(method) ? method : "OTHER"
        let requests = serverRequests
        return HTTPRouteMetrics(
            requests: StatusCounters { requests.labels([method, route, $0]) },
            duration: serverDurations.labels([method, route]), inFlight: serverInFlight)
    }

    /// The instruments of calls to one service. Ask once and keep them.
    public func client(service: String) -> HTTPClientMetrics {
        let requests = clientRequests
        return HTTPClientMetrics(
            requests: StatusCounters { requests.labels([service, $0]) },
            failures: { requests.labels([service, $0]) },
            duration: clientDurations.labels([service]), inFlight: clientInFlight.labels([service]))
    }
}
