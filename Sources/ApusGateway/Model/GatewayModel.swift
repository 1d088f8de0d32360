// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusRuntime
import ApusTelemetry

/// A configuration compiled for use: immutable, and swapped as a whole.
final class GatewayModel: Sendable {
    let configuration: GatewayConfiguration
    let table: RouteTable
    /// In the order of the file, as the table numbers them.
    let routes: [RouteModel]
    let services: [ServiceState]
    let forwarded: ForwardedHeaders
    /// For requests that no route takes.
    let unmatched: RouteMetrics
    let inFlight: Gauge
    let shed: ShedMetrics
    let tokens: (any RequestAuthenticator)?

    /// - Throws: ``InvalidConfiguration`` for values that the parts refuse.
    init(
        _ configuration: GatewayConfiguration, state: GatewayState, registry: MetricsRegistry,
        tokens: (any RequestAuthenticator)?
    ) throws(InvalidConfiguration) {
        self.configuration = configuration
        self.tokens = tokens
        var services: [ServiceState] = []
        for service in configuration.services { services.append(try state.service(service)) }
        self.services = services
        var routes: [RouteModel] = []
        for route in configuration.routes {
            guard let service = services.first(where: { $0.name == route.service }) else {
                throw InvalidConfiguration([
                    ConfigurationProblem("routes.\(route.name).to", "unknown service '\(route.service)'")
                ])
            }
            routes.append(
                try RouteModel(
                    route, service: service,
                    metrics: RouteMetrics(route: route.name, service: service.name, in: registry),
                    limiter: try state.limiter(for: route), breaker: try state.breaker(for: route)))
        }
        self.routes = routes
        table = RouteTable(configuration.routes.map(\.match))
        forwarded = ForwardedHeaders(trusted: configuration.trustedProxies)
        unmatched = RouteMetrics(route: "none", service: "none", in: registry)
        shed = ShedMetrics("apus_gateway_shed", reasons: ShedReason.allCases, in: registry)
        inFlight = registry.gauge("apus_gateway_requests_in_flight", "Requests whose response is not complete.")
    }
}
