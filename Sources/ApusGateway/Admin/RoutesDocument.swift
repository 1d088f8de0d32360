// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusYAML
import Synchronization

/// What `/routes` says: the routes in the order of the file, and the services with their instances, their health, and
/// the state of their breakers.
enum RoutesDocument {
    static func json(_ model: GatewayModel) -> String {
        let now = Instant.now
        let routes = model.routes.map { route($0, now) }.joined(separator: ",")
        let services = model.services.map { service($0, now) }.joined(separator: ",")
        return "{\"routes\":[\(routes)],\"services\":[\(services)]}\n"
    }

    private static func route(_ route: RouteModel, _ now: Instant) -> String {
        let configuration = route.configuration
        let match = configuration.match
        var fields = [
            ("name", JSONText.quoted(route.name)), ("line", "\(configuration.line)"),
            ("path", JSONText.quoted(match.path.description)),
            ("hosts", list(match.hosts.map(\.description))), ("methods", list(match.methods)),
            ("service", JSONText.quoted(route.service.name)),
            ("timeoutMs", configuration.timeout.map { "\($0.milliseconds)" } ?? "null"),
            ("idleTimeoutMs", configuration.idleTimeout.map { "\($0.milliseconds)" } ?? "null"),
            ("attempts", "\(configuration.attempts)"),
        ]
        if let scopes = route.scopes { fields.append(("scopes", list(scopes))) }
        fields.append(("priority", "\"\(configuration.priority)\""))
        if configuration.rateLimits.count == 1 {
            fields.append(("rateLimit", limit(configuration.rateLimits[0])))
        } else if !configuration.rateLimits.isEmpty {
            fields.append(("rateLimits", "[" + configuration.rateLimits.map(limit).joined(separator: ",") + "]"))
        }
        if configuration.cost != 1 { fields.append(("cost", "\(configuration.cost)")) }
        if let breaker = route.breaker?.snapshot { fields.append(("breaker", self.breaker(breaker, now))) }
        if let rewrite = configuration.rewrite {
            let parts = [("stripPrefix", rewrite.stripPrefix), ("addPrefix", rewrite.addPrefix)]
            let given = parts.compactMap { name, path in path.map { (name, JSONText.quoted($0)) } }
            fields.append(("rewrite", object(given)))
        }
        return object(fields)
    }

    private static func limit(_ limit: RateLimitConfiguration) -> String {
        let period = UnitText.duration(limit.rate.period).drop { $0 == "1" }
        return object([
            ("rate", "\"\(limit.rate.requests)/\(period)\""), ("burst", "\(limit.burst)"),
            ("by", "\"\(limit.by.rawValue)\""),
        ])
    }

    private static func service(_ service: ServiceState, _ now: Instant) -> String {
        // Who is out longer than it should, because nobody asked since, returns now.
        service.outliers?.advance(to: now)
        let source =
            switch service.configuration.source {
            case .endpoints: "\"endpoints\""
            case .discover(let name): object([("discover", JSONText.quoted(name))])
            }
        return object([
            ("name", JSONText.quoted(service.name)), ("source", source),
            ("balancing", "\"\(service.configuration.balancing.policy.policy.rawValue)\""),
            ("instances", "[" + service.instances.map { instance($0, now) }.joined(separator: ",") + "]"),
        ])
    }

    private static func instance(_ instance: InstanceState, _ now: Instant) -> String {
        let health = instance.health.withLock { $0 }
        let reasons = instance.candidate.unusable
        let status =
            reasons.contains(.unhealthy)
            ? "unhealthy"
            : reasons.contains(.ejected) ? "ejected" : reasons.contains(.unreachable) ? "unreachable" : "healthy"
        var fields = [
            ("id", JSONText.quoted(instance.id)), ("endpoint", JSONText.quoted(instance.endpoint.description)),
            ("status", "\"\(status)\""), ("requests", "\(instance.requests.load(ordering: .relaxed))"),
            ("failures", "\(instance.failures.load(ordering: .relaxed))"),
            ("inFlight", "\(instance.candidate.inFlight)"),
        ]
        if health.checks > 0 {
            var check = [("checks", "\(health.checks)"), ("durationMs", "\(health.lastDuration.milliseconds)")]
            check.append(("sinceSeconds", "\(health.state.since.duration(to: now).seconds)"))
            if let failure = health.lastFailure { check.append(("lastFailure", JSONText.quoted(failure))) }
            fields.append(("health", object(check)))
        }
        if let breaker = instance.breaker?.snapshot { fields.append(("breaker", self.breaker(breaker, now))) }
        return object(fields)
    }

    private static func breaker(_ breaker: CircuitBreakerSnapshot, _ now: Instant) -> String {
        var state = [
            ("state", JSONText.quoted("\(breaker.phase)")), ("mode", JSONText.quoted(breaker.mode.rawValue)),
            ("calls", "\(breaker.windowCalls)"), ("failures", "\(breaker.windowFailures)"),
            ("slow", "\(breaker.windowSlow)"), ("trips", "\(breaker.counters.trips)"),
            ("rejected", "\(breaker.counters.rejected)"),
        ]
        if let reason = breaker.reason { state.append(("reason", JSONText.quoted("\(reason)"))) }
        let history = breaker.history.map { transition in
            var change = [
                ("secondsAgo", "\(transition.at.duration(to: now).seconds)"),
                ("from", JSONText.quoted("\(transition.from)")), ("to", JSONText.quoted("\(transition.to)")),
            ]
            if let reason = transition.reason { change.append(("reason", JSONText.quoted("\(reason)"))) }
            return object(change)
        }
        state.append(("history", "[" + history.joined(separator: ",") + "]"))
        return object(state)
    }

    private static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map(JSONText.quoted).joined(separator: ",") + "]"
    }
}
