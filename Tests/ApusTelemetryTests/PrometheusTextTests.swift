// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Testing

@Suite("Prometheus text")
struct PrometheusTextTests {
    /// One of everything.
    static func sample() -> MetricsRegistry {
        let registry = MetricsRegistry()
        let requests = registry.counters(
            "http_requests_total", "Requests, by \"route\".\nSecond \\ line.", labels: ["method", "route"])
        requests.labels(["GET", "/v1/users/{id}"]).increment(by: 3)
        requests.labels(["POST", "a\"b\\c\nd"]).increment()
        registry.gauge("temperature_celsius", "Grüße.").set(-1.5)
        let latency = registry.histogram(
            "latency_seconds", "Duration.", buckets: .seconds([0.0005, 0.25, 1]), labels: ["route": "/"])
        for value in [0.0001, 0.0005, 0.2, 0.75, 30] { latency.record(value) }
        registry.gauge("odd", "Special values.", labels: ["v": "nan"]).set(.nan)
        registry.gauge("odd", "Special values.", labels: ["v": "plus"]).set(.infinity)
        registry.gauge("odd", "Special values.", labels: ["v": "minus"]).set(-.infinity)
        registry.gauge("odd", "Special values.", labels: ["v": "big"]).set(1e21)
        return registry
    }

    @Test("The classic format, to the letter")
    func text() {
        #expect(
            String(decoding: PrometheusText.write(Self.sample()), as: UTF8.self) == #"""
                # HELP http_requests_total Requests, by "route".\nSecond \\ line.
                # TYPE http_requests_total counter
                http_requests_total{method="GET",route="/v1/users/{id}"} 3
                http_requests_total{method="POST",route="a\"b\\c\nd"} 1
                # HELP latency_seconds Duration.
                # TYPE latency_seconds histogram
                latency_seconds_bucket{route="/",le="0.0005"} 2
                latency_seconds_bucket{route="/",le="0.25"} 3
                latency_seconds_bucket{route="/",le="1.0"} 4
                latency_seconds_bucket{route="/",le="+Inf"} 5
                latency_seconds_sum{route="/"} 30.9506
                latency_seconds_count{route="/"} 5
                # HELP odd Special values.
                # TYPE odd gauge
                odd{v="big"} 1e+21
                odd{v="minus"} -Inf
                odd{v="nan"} NaN
                odd{v="plus"} +Inf
                # HELP temperature_celsius Grüße.
                # TYPE temperature_celsius gauge
                temperature_celsius -1.5

                """#)
    }

    @Test("OpenMetrics, to the letter")
    func openMetrics() {
        let registry = MetricsRegistry()
        registry.counter("jobs_total", "Jobs \"done\".\n\\").increment(by: 2)
        registry.histogram("h", "", buckets: .seconds([1])).record(0.5)
        #expect(
            String(decoding: PrometheusText.write(registry, .openMetrics), as: UTF8.self) == #"""
                # HELP h \#("")
                # TYPE h histogram
                h_bucket{le="1.0"} 1
                h_bucket{le="+Inf"} 1
                h_sum 0.5
                h_count 1
                # HELP jobs Jobs \"done\".\n\\
                # TYPE jobs counter
                jobs_total 2
                # EOF

                """#)
    }

    @Test("A registry without metrics is empty, and in OpenMetrics only its end")
    func empty() {
        #expect(PrometheusText.write(MetricsRegistry()).isEmpty)
        #expect(PrometheusText.write(MetricsRegistry(), .openMetrics) == Array("# EOF\n".utf8))
    }

    @Test("Control characters in a label's value can't end the line")
    func controls() {
        let registry = MetricsRegistry()
        registry.gauge("g", "", labels: ["v": "a\rb\u{0}c\u{7F}d\r\n"]).set(1)
        let text = String(decoding: PrometheusText.write(registry), as: UTF8.self)
        #expect(text.hasSuffix("g{v=\"a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}\\n\"} 1.0\n"))
    }

    @Test(
        "The Accept header chooses the format",
        arguments: [
            (nil, .text), ("", .text), ("*/*", .text), ("text/plain", .text), ("text/html, */*;q=0.1", .text),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text; version=1.0.0", .openMetrics),
            ("application/openmetrics-text; version=\"0.0.1\"; charset=utf-8", .openMetrics),
            ("application/openmetrics-text; version=7.0.0", .text),
            ("Application/OpenMetrics-Text;Version=1.0.0;q=0", .text),
            ("application/openmetrics-text;q=0.4,text/plain;q=0.5", .text),
            ("application/openmetrics-text;q=nonsense", .text),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                .openMetrics
            ),
        ] as [(String?, PrometheusFormat)])
    func negotiation(accept: String?, format: PrometheusFormat) {
        #expect(PrometheusText.format(forAccept: accept) == format)
    }

    @Test("Each format has its content type")
    func contentTypes() {
        #expect(PrometheusFormat.text.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            PrometheusFormat.openMetrics.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }
}
