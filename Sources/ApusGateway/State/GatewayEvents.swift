// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
import ApusRuntime
import ApusTelemetry
import Logging

/// Where it is told what breakers and outlier detection do: the log, and metrics.
struct GatewayEvents: Sendable {
    /// What a circuit breaker stands in front of.
    enum BreakerScope: Sendable {
        case instance(String)
        case route(String)

        var label: String {
            switch self {
            case .instance: "instance"
            case .route: "route"
            }
        }

        var name: String {
            switch self {
            case .instance(let name), .route(let name): name
            }
        }
    }

    private let log: PolicyLog
    private let transitions: CounterFamily<4>
    private let states: GaugeFamily<3>
    private let ejections: CounterFamily<2>

    init(logger: Logger, registry: MetricsRegistry) {
        log = PolicyLog(logger)
        transitions = registry.counters(
            "apus_gateway_breaker_transitions", "Changes of circuit breakers, and trips that were only reported.",
            labels: ["service", "scope", "to", "reason"])
        states = registry.gauges(
            "apus_gateway_breaker_state", "0 closed, 1 half-open, 2 open.", labels: ["service", "scope", "name"])
        ejections = registry.counters(
            "apus_gateway_ejections", "Instances that were left out because they failed more than the others.",
            labels: ["service", "reason"])
    }

    /// A breaker whose changes are told.
    func breaker(
        _ configuration: CircuitBreakerConfiguration, service: String, scope: BreakerScope
    ) throws(InvalidConfiguration) -> CircuitBreaker {
        let state = states.labels([service, scope.label, scope.name])
        let breaker = try CircuitBreaker(service: service, configuration: configuration) { transition in
            tell(transition, service, scope)
            if !transition.isOnlyReported { state.set(Double(transition.to.rawValue)) }
        }
        state.set(Double(breaker.snapshot.gauge))
        return breaker
    }

    /// A breaker is gone, with its instance.
    func forget(service: String, scope: BreakerScope) {
        states.remove([service, scope.label, scope.name])
    }

    private func tell(_ transition: CircuitBreakerTransition, _ service: String, _ scope: BreakerScope) {
        let target = transition.isOnlyReported ? "would_open" : transition.to.name
        transitions.labels([service, scope.label, target, transition.reason?.name ?? "none"]).increment()
        log.tell(transition, service: service, scope.label, scope.name)
    }

    func tell(_ change: OutlierChange, service: String) {
        if case .ejected(let reason, _) = change.kind { ejections.labels([service, reason.name]).increment() }
        log.tell(change, service: service)
    }
}
