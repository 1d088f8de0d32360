// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusTelemetry

/// The instruments of one route, found when the model is compiled, so that a request looks nothing up.
final class RouteMetrics: Sendable {
    /// By class of the status: 1xx to 5xx, and at place 0 those whose client went away without an answer.
    private let requests: InlineArray<6, Counter>
    private let durations: Histogram
    /// By stage: admission, connect, request, response.
    private let failures: InlineArray<4, Counter>
    /// By reason, in the order of ``RetryReason``'s cases.
    private let retries: [Counter]
    /// By reason, in the order of ``RetryGiveUpReason``'s cases.
    private let giveUps: [Counter]

    init(route: String, service: String, in registry: MetricsRegistry) {
        func counter(_ outcome: String) -> Counter {
            registry.counter(
                "apus_gateway_requests", "Requests answered, by route and class of the status.",
                labels: ["route": route, "service": service, "status": outcome])
        }
        requests = [
            counter("none"), counter("1xx"), counter("2xx"), counter("3xx"), counter("4xx"), counter("5xx"),
        ]
        durations = registry.histogram(
            "apus_gateway_request_duration_seconds", "From the request's head to the end of the response.",
            labels: ["route": route, "service": service])
        func failure(_ stage: CallFailure.Stage) -> Counter {
            registry.counter(
                "apus_gateway_upstream_failures", "Exchanges with instances that failed, by how far they got.",
                labels: ["route": route, "service": service, "stage": stage.rawValue])
        }
        failures = [failure(.admission), failure(.connect), failure(.request), failure(.response)]
        retries = RetryReason.allCases.map { reason in
            registry.counter(
                "apus_gateway_retries", "Further attempts after a failure, by reason.",
                labels: ["route": route, "service": service, "reason": reason.rawValue])
        }
        giveUps = RetryGiveUpReason.allCases.map { reason in
            registry.counter(
                "apus_gateway_retries_given_up", "Failures after which there was no further attempt, by reason.",
                labels: ["route": route, "service": service, "reason": reason.rawValue])
        }
    }

    /// Counts a request that is over. Status 0: the client got no answer.
    func finished(status: Int, nanoseconds: Int64) {
        let place = status / 100
        requests[(1...5).contains(place) ? place : 0].increment()
        durations.record(nanoseconds: nanoseconds)
    }

    /// Counts a request that the engine refused before it became one.
    func refused(status: Int) {
        requests[status / 100].increment()
    }

    /// Counts a further attempt.
    func retried(_ reason: RetryReason) {
        RetryReason.allCases.firstIndex(of: reason).map { retries[$0].increment() }
    }

    /// Counts that there was no further attempt.
    func gaveUp(_ reason: RetryGiveUpReason) {
        RetryGiveUpReason.allCases.firstIndex(of: reason).map { giveUps[$0].increment() }
    }

    func failed(at stage: CallFailure.Stage) {
        switch stage {
        case .admission: failures[0].increment()
        case .connect: failures[1].increment()
        case .request: failures[2].increment()
        case .response: failures[3].increment()
        }
    }
}
