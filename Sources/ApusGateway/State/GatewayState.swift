// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization

/// What outlives a configuration: services with their instances, and what clients have used of their limits. Each hangs
/// on a stable identity: a service on its name, a limit on its route's name and its numbers.
final class GatewayState: Sendable {
    private struct LimitKey: Hashable {
        let route: String
        let requests: Int
        let period: Duration
        let burst: Int
    }

    private struct Shared {
        var services: [String: ServiceState] = [:]
        var limiters: [LimitKey: RateLimiter<String>] = [:]
    }

    private let shared = Mutex(Shared())
    let loops: Int

    init(loops: Int) {
        self.loops = loops
    }

    /// The state of a service: the present one if its configuration is the same.
    func service(_ configuration: ServiceConfiguration) -> ServiceState {
        shared.withLock { shared in
            if let known = shared.services[configuration.name], known.configuration == configuration { return known }
            let made = ServiceState(configuration, loops: loops)
            shared.services[configuration.name] = made
            return made
        }
    }

    /// The limiter of a route; nil if it has no limit.
    func limiter(for route: RouteConfiguration) throws(InvalidConfiguration) -> RateLimiter<String>? {
        guard let limit = route.rateLimit else { return nil }
        let key = LimitKey(
            route: route.name, requests: limit.rate.requests, period: limit.rate.period, burst: limit.burst)
        if let known = shared.withLock({ $0.limiters[key] }) { return known }
        let made = try RateLimiter<String>(
            RateLimit(limit.rate.requests, per: limit.rate.period, burst: limit.burst))
        shared.withLock { $0.limiters[key] = made }
        return made
    }
}
