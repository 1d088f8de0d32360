// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
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

    private let logger: Logger
    private let transitions: CounterFamily<4>
    private let states: GaugeFamily<3>
    private let ejections: CounterFamily<2>

    init(logger: Logger, registry: MetricsRegistry) {
        self.logger = logger
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
        let target = transition.isOnlyReported ? "would_open" : "\(transition.to)"
        transitions.labels([service, scope.label, target, transition.reason?.name ?? "none"]).increment()
        logger.log(
            level: transition.to == .open || transition.isOnlyReported ? .warning : .notice, "breaker changed",
            metadata: [
                "upstream": "\(service)", "\(scope.label)": "\(scope.name)", "change": "\(transition)",
                "calls": "\(transition.figures.calls)", "failures": "\(transition.figures.failures)",
            ])
    }

    func tell(_ change: OutlierChange, service: String) {
        var metadata: Logger.Metadata = ["upstream": "\(service)", "instance": "\(change.id)"]
        guard case .ejected(let reason, let until) = change.kind else {
            logger.notice("instance is no longer ejected", metadata: metadata)
            return
        }
        ejections.labels([service, reason.name]).increment()
        metadata["reason"] = "\(reason)"
        metadata["for"] = "\(change.at.duration(to: until))"
        logger.warning("instance is ejected", metadata: metadata)
    }
}

extension OutlierReason {
    /// The name without the figures, as the label of a metric.
    var name: String {
        switch self {
        case .consecutiveFailures: "consecutive_failures"
        case .consecutiveGatewayFailures: "consecutive_gateway_failures"
        case .successRate: "success_rate"
        case .failurePercentage: "failure_percentage"
        }
    }
}
