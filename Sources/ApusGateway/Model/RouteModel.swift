// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// A route as it is used: everything that a request needs, found once and kept. Immutable.
final class RouteModel: Sendable {
    let configuration: RouteConfiguration
    let service: ServiceState
    let metrics: RouteMetrics
    /// Counts the requests of each subject; nil for no limit.
    let limiter: RouteLimiter?
    /// How many requests one counts for at the limiter.
    let cost: UInt32
    /// Decides what is tried again; nil for nothing.
    let retrier: Retrier?
    /// Whether an answer may be given up for another attempt.
    let retriesStatuses: Bool
    let attemptTimeout: Duration?
    /// Watches the requests of the route, whichever instance they go to.
    let breaker: CircuitBreaker?
    let priority: CallPriority
    /// How many bytes of the path are removed, if it is long enough.
    let stripped: Int
    let added: [UInt8]
    let timeout: Duration?
    let idleTimeout: Duration?
    /// Scopes that the token must have; nil if none is asked for.
    let scopes: [String]?

    init(
        _ configuration: RouteConfiguration, service: ServiceState, metrics: RouteMetrics,
        limiter: RouteLimiter?, breaker: CircuitBreaker?
    ) throws(InvalidConfiguration) {
        self.configuration = configuration
        self.service = service
        self.metrics = metrics
        self.limiter = limiter
        self.breaker = breaker
        cost = UInt32(clamping: configuration.cost)
        priority = configuration.priority
        let retry = configuration.retry
        retrier = retry.policy.maximumAttempts > 1 ? try Retrier(retry.policy, budget: service.retryBudget) : nil
        retriesStatuses = retrier != nil && retry.looksAtStatuses
        attemptTimeout = retry.policy.attemptTimeout
        stripped = configuration.rewrite?.stripPrefix?.utf8.count ?? 0
        added = Array((configuration.rewrite?.addPrefix ?? "").utf8)
        timeout = configuration.timeout
        idleTimeout = configuration.idleTimeout
        scopes = configuration.auth?.scopes
    }

    var name: String { configuration.name }
    var isRewriting: Bool { stripped > 0 || !added.isEmpty }

    /// The path that the service sees instead of `path`, which is in normal form and matches the route.
    func rewritten(_ path: UnsafeRawBufferPointer) -> [UInt8] {
        let rest = UnsafeRawBufferPointer(rebasing: path[min(stripped, path.count)...])
        if added.isEmpty { return rest.isEmpty ? [UInt8(ascii: "/")] : Array(rest) }
        return added + rest
    }
}
