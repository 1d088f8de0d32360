// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization

/// What outlives a configuration: services with their instances, the breakers of routes, and what clients have used of
/// their limits. Each hangs on a stable identity: a service on its name, the rest on its route's name and its numbers.
final class GatewayState: Sendable {
    private struct LimitKey: Hashable {
        let route: String
        let limits: [RateLimitConfiguration]
    }

    private struct BreakerKey: Hashable {
        let route: String
        let service: String
        let configuration: CircuitBreakerConfiguration
    }

    private struct Shared {
        var services: [String: ServiceState] = [:]
        var limiters: [LimitKey: RouteLimiter] = [:]
        var breakers: [BreakerKey: CircuitBreaker] = [:]
    }

    private let shared = Mutex(Shared())
    private let events: GatewayEvents
    let loops: Int

    init(loops: Int, events: GatewayEvents) {
        self.loops = loops
        self.events = events
    }

    /// The state of a service: the present one if its configuration is the same.
    func service(_ configuration: ServiceConfiguration) throws(InvalidConfiguration) -> ServiceState {
        try shared.withLock { (shared) throws(InvalidConfiguration) in
            if let known = shared.services[configuration.name], known.configuration == configuration { return known }
            let made = try ServiceState(configuration, loops: loops, events: events)
            shared.services[configuration.name] = made
            return made
        }
    }

    /// The limiter of a route; nil if it has no limit.
    func limiter(for route: RouteConfiguration) throws(InvalidConfiguration) -> RouteLimiter? {
        guard !route.rateLimits.isEmpty else { return nil }
        return try shared.withLock { (shared) throws(InvalidConfiguration) in
            let key = LimitKey(route: route.name, limits: route.rateLimits)
            if let known = shared.limiters[key] { return known }
            let made = try RouteLimiter(route.rateLimits)
            shared.limiters[key] = made
            return made
        }
    }

    /// The breaker of a route; nil if it has none of its own.
    func breaker(for route: RouteConfiguration) throws(InvalidConfiguration) -> CircuitBreaker? {
        guard let configuration = route.breaker else { return nil }
        return try shared.withLock { (shared) throws(InvalidConfiguration) in
            let key = BreakerKey(route: route.name, service: route.service, configuration: configuration)
            if let known = shared.breakers[key] { return known }
            let made = try events.breaker(configuration, service: route.service, scope: .route(route.name))
            shared.breakers[key] = made
            return made
        }
    }
}
