// SPDX-License-Identifier: Apache-2.0

/// What a circuit breaker stands in front of.
public enum CircuitBreakerKey: Sendable, Hashable {
    /// Every call to a service.
    case service(String)
    /// The calls to one instance of a service.
    case instance(String, service: String)
    /// The calls of one route or operation to a service.
    case route(String, service: String)

    /// The service that is called.
    public var service: String {
        switch self {
        case .service(let service), .instance(_, let service), .route(_, let service): service
        }
    }
}

extension CircuitBreakerKey: CustomStringConvertible {
    /// The name in logs and on the live page.
    public var description: String {
        switch self {
        case .service(let service): "service \(service)"
        case .instance(let instance, let service): "instance \(instance) of \(service)"
        case .route(let route, let service): "route \(route) to \(service)"
        }
    }
}
