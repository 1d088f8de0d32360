// SPDX-License-Identifier: Apache-2.0
import ApusResilience
import ApusTelemetry

/// The circuit breakers of a service's instances in the metrics.
struct BreakerMetrics: Sendable {
    private let service: String
    private let metrics: MetricsRegistry
    private let transitions: CounterFamily<3>

    init(_ metrics: MetricsRegistry, service: String) {
        self.metrics = metrics
        self.service = service
        transitions = metrics.counters(
            "apus_client_breaker_transitions_total", "Changes of circuit breakers, by the phase they went to and why.",
            labels: ["service", "to", "reason"])
    }

    func count(_ transition: CircuitBreakerTransition) {
        let phase =
            switch transition.to {
            case .closed: "closed"
            case .halfOpen: "half_open"
            case .open: "open"
            }
        transitions.labels([service, phase, transition.reason?.name ?? "none"]).increment()
    }

    /// Shows how many breakers are in which phase.
    func register(_ snapshots: @escaping @Sendable () -> [CircuitBreakerSnapshot]) {
        for (name, phase) in [("closed", CircuitBreakerPhase.closed), ("half_open", .halfOpen), ("open", .open)] {
            metrics.gauge(
                "apus_client_breakers", "Circuit breakers of instances, by phase.",
                labels: ["service": service, "phase": name]
            ) { Double(snapshots().count { $0.phase == phase }) }
        }
    }
}
