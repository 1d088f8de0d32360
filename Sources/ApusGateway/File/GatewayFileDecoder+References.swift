// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusYAML

extension GatewayFileDecoder {
    /// What parts of the file say about each other: services that routes name, the registry that services need.
    ///
    /// - Parameter names: The services that the file names, rightly or wrongly; nil if that couldn't be read, which is
    ///   reported and would make every route wrong.
    func checkReferences(
        _ configuration: GatewayConfiguration, names: [String]?, services: [PlacedService], routes: [PlacedRoute]
    ) {
        for route in routes {
            guard let names, let place = route.servicePlace, !names.contains(route.configuration.service) else {
                continue
            }
            let suggestion = NearestName.nearest(to: route.configuration.service, in: names)
                .map { "; did you mean '\($0)'?" }
            problems.error(
                "unknown service '\(route.configuration.service)' in route '\(route.configuration.name)'"
                    + (suggestion ?? (names.isEmpty ? "" : "; known are \(names.joined(separator: ", "))")),
                at: place)
        }
        for service in services {
            if case .discover = service.configuration.source, configuration.registry == nil {
                problems.error(
                    "service '\(service.configuration.name)' has 'discover', but the file has no 'registry'",
                    at: service.place)
            }
            if !problems.hasErrors, !configuration.routes.contains(where: { $0.service == service.configuration.name })
            {
                problems.warning("no route leads to service '\(service.configuration.name)'", at: service.place)
            }
        }
        for route in routes {
            if route.configuration.auth != nil, configuration.auth == nil {
                problems.error(
                    "route '\(route.configuration.name)' asks for a token, but the file has no 'auth' with keys",
                    at: route.authPlace)
            }
            if route.configuration.rateLimits.contains(where: { $0.by == .subject }), route.configuration.auth == nil {
                problems.error(
                    "route '\(route.configuration.name)' counts by token subject, but has no 'auth'",
                    at: route.limitPlace)
            }
        }
    }

    /// Routes that can't be reached because an earlier one takes all their requests.
    func checkShadows(_ routes: [PlacedRoute]) {
        for (index, later) in routes.enumerated() {
            let shadow = routes[..<index].first {
                RouteOrder.shadows($0.configuration.match, later.configuration.match)
            }
            guard let shadow else { continue }
            problems.warning(
                "route '\(later.configuration.name)' can't be reached: route '\(shadow.configuration.name)' at line "
                    + "\(shadow.configuration.line) takes the same requests and comes first",
                at: later.place)
        }
    }
}
