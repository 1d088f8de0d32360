// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Dispatch
import Testing

@Suite("HTTP metrics")
struct HTTPMetricsTests {
    @Test("A server's and a client's requests, to the letter")
    func exposition() {
        let registry = MetricsRegistry()
        let metrics = HTTPMetrics(registry, buckets: .seconds([0.01, 1]))
        let route = metrics.route(method: "GET", "/v1/users/{id}")
        for status in [200, 200, 404, 418, 999] {
            route.begin()
            route.end(status: status, nanoseconds: 5_000_000)
        }
        route.begin()
        metrics.route(method: "BREW", "/pot").record(status: 501, nanoseconds: 0)
        let users = metrics.client(service: "users")
        users.begin()
        users.end(status: 201, nanoseconds: 500_000_000)
        users.begin()
        users.end(failure: .connectFailed, nanoseconds: 2_000_000_000)
        users.begin()
        #expect(
            String(decoding: PrometheusText.write(registry), as: UTF8.self) == """
                # HELP http_client_request_duration_seconds From the call to the end of its response or to its failure.
                # TYPE http_client_request_duration_seconds histogram
                http_client_request_duration_seconds_bucket{service="users",le="0.01"} 0
                http_client_request_duration_seconds_bucket{service="users",le="1.0"} 1
                http_client_request_duration_seconds_bucket{service="users",le="+Inf"} 2
                http_client_request_duration_seconds_sum{service="users"} 2.5
                http_client_request_duration_seconds_count{service="users"} 2
                # HELP http_client_requests_total Calls to other services, by status or by the code of their failure.
                # TYPE http_client_requests_total counter
                http_client_requests_total{service="users",status="201"} 1
                http_client_requests_total{service="users",status="connect_failed"} 1
                # HELP http_client_requests_in_flight Calls to other services under way.
                # TYPE http_client_requests_in_flight gauge
                http_client_requests_in_flight{service="users"} 1.0
                # HELP http_server_request_duration_seconds From the request's head to the end of the response.
                # TYPE http_server_request_duration_seconds histogram
                http_server_request_duration_seconds_bucket{method="GET",route="/v1/users/{id}",le="0.01"} 5
                http_server_request_duration_seconds_bucket{method="GET",route="/v1/users/{id}",le="1.0"} 5
                http_server_request_duration_seconds_bucket{method="GET",route="/v1/users/{id}",le="+Inf"} 5
                http_server_request_duration_seconds_sum{method="GET",route="/v1/users/{id}"} 0.025
                http_server_request_duration_seconds_count{method="GET",route="/v1/users/{id}"} 5
                http_server_request_duration_seconds_bucket{method="OTHER",route="/pot",le="0.01"} 1
                http_server_request_duration_seconds_bucket{method="OTHER",route="/pot",le="1.0"} 1
                http_server_request_duration_seconds_bucket{method="OTHER",route="/pot",le="+Inf"} 1
                http_server_request_duration_seconds_sum{method="OTHER",route="/pot"} 0.0
                http_server_request_duration_seconds_count{method="OTHER",route="/pot"} 1
                # HELP http_server_requests_total Requests answered.
                # TYPE http_server_requests_total counter
                http_server_requests_total{method="GET",route="/v1/users/{id}",status="200"} 2
                http_server_requests_total{method="GET",route="/v1/users/{id}",status="404"} 1
                http_server_requests_total{method="GET",route="/v1/users/{id}",status="4xx"} 1
                http_server_requests_total{method="GET",route="/v1/users/{id}",status="invalid"} 1
                http_server_requests_total{method="OTHER",route="/pot",status="501"} 1
                # HELP http_server_requests_in_flight Requests being answered.
                # TYPE http_server_requests_in_flight gauge
                http_server_requests_in_flight 1.0

                """)
    }

    @Test("Two servers of one process share their series")
    func shared() {
        let registry = MetricsRegistry()
        HTTPMetrics(registry).route(method: "GET", "/").record(status: 200, nanoseconds: 1)
        HTTPMetrics(registry).route(method: "GET", "/").record(status: 200, nanoseconds: 1)
        #expect(
            registry.counter("http_server_requests", "", labels: ["method": "GET", "route": "/", "status": "200"]).value
                == 2)
        #expect(registry.conflicts.isEmpty)
    }

    @Test("Requests ended on many threads, the first of their status among them, all count")
    func concurrent() {
        let registry = MetricsRegistry()
        let route = HTTPMetrics(registry).route(method: "GET", "/")
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for number in 0..<4000 {
                route.begin()
                route.end(status: 200 + number % 4, nanoseconds: 1000)
            }
        }
        let family = registry.snapshot.first { $0.name == "http_server_requests" }
        #expect(family?.samples.map(\.value) == [MetricSample.Value](repeating: .integer(8000), count: 4))
        #expect(registry.gauge("http_server_requests_in_flight", "").value == 0)
    }

    @Test("Every status is counted somewhere")
    func everyStatus() {
        let registry = MetricsRegistry()
        let route = HTTPMetrics(registry).route(method: "GET", "/")
        for status in -1...1000 { route.record(status: status, nanoseconds: 0) }
        let samples = registry.snapshot.first { $0.name == "http_server_requests" }?.samples ?? []
        let total = samples.reduce(UInt64(0)) { sum, sample in
            if case .integer(let value) = sample.value { sum + value } else { sum }
        }
        #expect(total == 1002)
        let statuses = samples.compactMap { sample in sample.labels.pairs.first { $0.name == "status" }?.value }
        #expect(statuses.count < 70)
        #expect(Set(["1xx", "2xx", "3xx", "4xx", "5xx", "invalid", "200", "429", "503"]).isSubset(of: statuses))
    }
}
