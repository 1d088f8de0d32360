// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusResilience
import ApusTelemetry

/// The circuit breakers and ejections of a service's instances in the metrics.
struct BreakerMetrics: Sendable {
    private let service: String
    private let metrics: MetricsRegistry
    private let transitions: CounterFamily<3>
    private let ejections: CounterFamily<2>

    init(_ metrics: MetricsRegistry, service: String) {
        self.metrics = metrics
        self.service = service
        transitions = metrics.counters(
            "apus_client_breaker_transitions_total", "Changes of circuit breakers, by the phase they went to and why.",
            labels: ["service", "to", "reason"])
        ejections = metrics.counters(
            "apus_client_ejections_total", "Instances that were left out because they failed more than the others.",
            labels: ["service", "reason"])
    }

    func count(_ change: OutlierChange) {
        guard case .ejected(let reason, _) = change.kind else { return }
        ejections.labels([service, reason.name]).increment()
    }

    func count(_ transition: CircuitBreakerTransition) {
        let phase = transition.isOnlyReported ? "would_open" : transition.to.name
        transitions.labels([service, phase, transition.reason?.name ?? "none"]).increment()
    }

    /// Shows how many breakers are in which phase.
    func register(_ snapshots: @escaping @Sendable () -> [CircuitBreakerSnapshot]) {
        for phase in [CircuitBreakerPhase.closed, .halfOpen, .open] {
            metrics.gauge(
                "apus_client_breakers", "Circuit breakers of instances, by phase.",
                labels: ["service": service, "phase": phase.name]
            ) { Double(snapshots().count { $0.phase == phase }) }
        }
    }
}
