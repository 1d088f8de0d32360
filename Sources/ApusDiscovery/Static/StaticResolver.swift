// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusHTTP

/// Services whose instances are written down: `REGISTRY_URL=static:users=http://127.0.0.1:9001,http://127.0.0.1:9002`.
///
/// Nothing changes while it lives, and nothing can be registered. A service that isn't named is an error, not an empty
/// list.
public final class StaticResolver: Resolver {
    private let views: [String: ServiceView]

    /// - Parameter services: The endpoints of each service by its name.
    public init(_ services: [String: [Origin]]) {
        views = Dictionary(
            uniqueKeysWithValues: services.map { name, endpoints in
                let instances = endpoints.map { Instance(id: $0.description, service: name, endpoint: $0) }
                return (name, ServiceView(service: name, instances: instances))
            })
    }

    public func view(of service: String) -> ServiceView {
        if let view = views[service] { return view }
        let view = ServiceView(service: service)
        let known = views.isEmpty ? "no service is named" : "named are \(views.keys.sorted().joined(separator: ", "))"
        view.fail(DiscoveryError(.invalid, "REGISTRY_URL doesn't name the service '\(service)'; \(known)"), at: .now)
        return view
    }
}
