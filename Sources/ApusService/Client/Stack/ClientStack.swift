// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusTelemetry

/// The layers that a client's calls go through, from the outside in: the bulkhead, retries, hedges, the choice of an
/// instance with its breaker, faults if any are armed, and HTTP.
struct ClientStack: Sendable {
    // Called from a closure that knows their types: through a stored `any Endpoint` the layers would run as generic code.
    let endpoint: FunctionEndpoint<ClientRequest, Answer>
    private let retrier: Retrier
    private let budget: RetryBudget
    private let hedger: Hedger?
    private let bulkhead: Bulkhead?

    init(
        _ service: String, _ configuration: ServiceClientConfiguration, instances: ServiceInstances, http: HTTPClient,
        faults: FaultInjector, time: TimeSource
    ) throws(InvalidConfiguration) {
        budget = try RetryBudget(configuration.retryBudget)
        retrier = try Retrier(configuration.retry, budget: budget, time: time)
        let instance = InstanceEndpoint(
            service: service, instances: instances, resolveTimeout: configuration.resolveTimeout, time: time,
            transport: ClientTransport(http: http, maximumResponseBytes: configuration.maximumResponseBytes)
                .injectingFaults(faults) { $0 })
        let judge: @Sendable (Answer) -> CallFailure? = { $0.failure }
        if let hedging = configuration.hedging {
            let hedger = try Hedger(hedging, budget: budget, depositing: false, time: time)
            self.hedger = hedger
            let layers = instance.hedging(with: hedger, judging: judge).retrying(with: retrier, judging: judge)
            (endpoint, bulkhead) = try Self.limited(layers, configuration, time)
        } else {
            hedger = nil
            let layers = instance.retrying(with: retrier, judging: judge)
            (endpoint, bulkhead) = try Self.limited(layers, configuration, time)
        }
    }

    private static func limited(
        _ layers: some Endpoint<ClientRequest, Answer>, _ configuration: ServiceClientConfiguration, _ time: TimeSource
    ) throws(InvalidConfiguration) -> (FunctionEndpoint<ClientRequest, Answer>, Bulkhead?) {
        guard let limit = configuration.bulkhead else { return (function(layers), nil) }
        let bulkhead = try Bulkhead(limit, time: time)
        return (function(layers.bulkhead(bulkhead)), bulkhead)
    }

    private static func function(
        _ layers: some Endpoint<ClientRequest, Answer>
    ) -> FunctionEndpoint<ClientRequest, Answer> {
        FunctionEndpoint { (request, context) throws(CallFailure) in try await layers.call(request, in: context) }
    }

    /// Shows what the layers do in `metrics`.
    func register(_ metrics: MetricsRegistry, service: String) {
        for reason in RetryReason.allCases {
            metrics.counter(
                "apus_client_retries_total", "Attempts after the first of a call, by why they were made.",
                labels: ["service": service, "reason": reason.rawValue]
            ) { [retrier] in Double(retrier.statistics.retries[reason] ?? 0) }
        }
        for reason in RetryGiveUpReason.allCases {
            metrics.counter(
                "apus_client_give_ups_total", "Failed calls that were not tried again, by why.",
                labels: ["service": service, "reason": reason.rawValue]
            ) { [retrier] in Double(retrier.statistics.giveUps[reason] ?? 0) }
        }
        metrics.gauge(
            "apus_client_retry_budget", "Retries that the budget has room for now.", labels: ["service": service]
        ) { [budget] in budget.statistics(now: .now).balance }
        if let hedger {
            metrics.counter(
                "apus_client_hedges_total", "Attempts beside a slow one.", labels: ["service": service]
            ) { Double(hedger.statistics.sent) }
        }
        if let bulkhead {
            metrics.gauge(
                "apus_client_bulkhead_calls", "Calls that the bulkhead has let through.", labels: ["service": service]
            ) { Double(bulkhead.statistics.inFlight) }
        }
    }
}
