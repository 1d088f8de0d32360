// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusHTTP
import ApusResilience
import ApusYAML

extension GatewayFileDecoder {
    /// A service and where it stands.
    struct PlacedService {
        let configuration: ServiceConfiguration
        let place: FilePlace?
    }

    /// The services, and every name that the file gives to one; nil if there is nothing to be read.
    func readServices(_ value: ValueReader?) -> (services: [PlacedService], names: [String]?) {
        guard let value, let fields = value.fields("a mapping of services by name") else { return ([], nil) }
        let named = fields.named()
        if named.isEmpty { value.error("'services' has no service") }
        let services = named.compactMap { name, place, value -> PlacedService? in
            guard (1...128).contains(name.utf8.count),
                name.utf8.allSatisfy({ $0.isLetterOrDigit || [0x2d, 0x2e, 0x5f].contains($0) })
            else {
                problems.error(
                    "a service's name has 1 to 128 letters, digits, '.', '_' and '-', not '\(name)'", at: place)
                return nil
            }
            return PlacedService(configuration: service(name, value), place: place)
        }
        return (services, named.map(\.name))
    }

    private func service(_ name: String, _ value: ValueReader) -> ServiceConfiguration {
        guard var fields = value.fields("a mapping with 'endpoints' or 'discover'") else {
            return ServiceConfiguration(name: name, source: .endpoints([]))
        }
        defer { fields.finish() }
        let source = readSource(&fields)
        var service = ServiceConfiguration(name: name, source: source ?? .endpoints([]))
        fields.set(&service.healthCheck, "healthCheck") { healthCheck($0) }
        fields.set(&service.balancing, "balancing") { balancing($0) }
        fields.set(&service.outliers, "outliers") { $0.orOff { outliers($0) } }
        fields.set(&service.breaker, "breaker") { $0.orOff { breaker($0) } }
        fields.set(&service.retryBudget, "retryBudget") { $0.orOff { retryBudget($0) } }
        fields.set(&service.maxRequests, "maxRequests") { $0.orOff { $0.integer(in: 1...1_000_000) } }
        fields.set(&service.adaptive, "adaptive") { $0.orOff { adaptive($0) } }
        fields.set(&service.connectTimeout, "connectTimeout") { $0.duration(in: .milliseconds(1)...(.seconds(300))) }
        fields.set(&service.failTimeout, "failTimeout") { $0.duration() }
        fields.set(&service.maxConnections, "maxConnections") { $0.integer(in: 1...1_000_000) }
        fields.set(&service.maxPending, "maxPending") { $0.integer(in: 0...1_000_000) }
        fields.set(&service.idleTimeout, "idleTimeout") { $0.duration() }
        fields.set(&service.tls, "tls") { upstreamTLS($0) }
        return service
    }

    private func readSource(_ fields: inout FieldReader) -> InstanceSource? {
        let endpoints = fields.value("endpoints")
        let discover = fields.value("discover")
        switch (endpoints, discover) {
        case (let value?, nil):
            guard let list = value.list("addresses") else { return nil }
            if list.isEmpty { value.error("'\(value.path)' has no address") }
            var seen: Set<Origin> = []
            return .endpoints(
                list.compactMap { element in
                    let endpoint = endpoint(element)
                    if let endpoint, !seen.insert(endpoint.origin).inserted {
                        element.error("'\(endpoint.origin)' is given twice")
                    }
                    return endpoint
                })
        case (nil, let value?):
            return value.text("a service's name in the registry").map { .discover($0) }
        case (.some, .some):
            problems.error("\(fields.path) has both 'endpoints' and 'discover'; give one", at: fields.place)
        case (nil, nil) where fields.hasMisspelt("endpoints") || fields.hasMisspelt("discover"): break
        case (nil, nil):
            problems.error(
                "\(fields.path) has no 'endpoints' (a list of addresses) and no 'discover' (a name in the registry)",
                at: fields.place)
        }
        return nil
    }

    private func healthCheck(_ value: ValueReader) -> ActiveCheckConfiguration? {
        guard var fields = value.fields("a mapping with 'path'") else { return nil }
        defer { fields.finish() }
        let path = fields.required("path", "such as /readyz")?.parsed("a path such as /readyz") { text in
            text.hasPrefix("/") && text.utf8.allSatisfy { (0x21...0x7e).contains($0) } ? text : nil
        }
        var check = ActiveCheckConfiguration(path: path ?? "/")
        fields.set(&check.interval, "interval") { $0.duration(in: .milliseconds(50)...(.seconds(3600))) }
        fields.set(&check.timeout, "timeout") { $0.duration(in: .milliseconds(10)...(.seconds(300))) }
        fields.set(&check.unhealthyAfter, "unhealthyAfter") { $0.integer(in: 1...100) }
        fields.set(&check.healthyAfter, "healthyAfter") { $0.integer(in: 1...100) }
        return check
    }

    private func upstreamTLS(_ value: ValueReader) -> UpstreamTLSConfiguration? {
        guard var fields = value.fields("a mapping with 'ca'") else { return nil }
        defer { fields.finish() }
        let ca = fields.value("ca").flatMap { path($0) }
        return UpstreamTLSConfiguration(ca: ca)
    }

    /// An address alone, or a mapping with it.
    private func endpoint(_ element: ValueReader) -> EndpointConfiguration? {
        guard element.isMapping, var fields = element.fields("an address or a mapping with 'url'") else {
            return origin(element).map { EndpointConfiguration($0) }
        }
        defer { fields.finish() }
        let url = fields.required("url", "such as http://127.0.0.1:9001").flatMap { origin($0) }
        let weight = fields.value("weight")?.integer(in: Candidate.weights)
        let zone = fields.value("zone").flatMap { self.zone($0) }
        return url.map { EndpointConfiguration($0, weight: weight ?? 1, zone: zone) }
    }

    private func origin(_ value: ValueReader) -> Origin? {
        value.parsed("an address such as http://127.0.0.1:9001, without a path") { Self.endpoint($0) }
    }

    /// `http://host:port`, `https://host:port`, `unix:/path`, and what else the engine knows. A path, a query and
    /// credentials are refused: what is sent comes from the request alone.
    private static func endpoint(_ text: String) -> Origin? {
        guard text.hasPrefix("unix:") else { return Origin(url: text) }
        guard case .unix(let path)? = BindAddress(text) else { return nil }
        return Origin(unixPath: path)
    }
}
