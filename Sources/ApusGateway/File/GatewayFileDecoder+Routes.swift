// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusYAML

extension GatewayFileDecoder {
    /// A route and where its parts stand.
    struct PlacedRoute {
        let configuration: RouteConfiguration
        /// Whether it has what every route must have. Of one that hasn't, what it says of other parts is checked all the
        /// same.
        let isComplete: Bool
        let place: FilePlace?
        let servicePlace: FilePlace?
        let authPlace: FilePlace?
        let limitPlace: FilePlace?
    }

    func readRoutes(_ value: ValueReader?) -> [PlacedRoute] {
        guard let value, let list = value.list("routes") else { return [] }
        if list.isEmpty { value.error("'routes' has no route") }
        var names: [String: Int] = [:]
        return list.compactMap { element in
            guard let route = readRoute(element) else { return nil }
            guard route.isComplete else { return route }
            let name = route.configuration.name
            if let line = names[name] {
                problems.error("two routes have the name '\(name)'; the other is at line \(line)", at: route.place)
            }
            names[name] = route.configuration.line
            return route
        }
    }

    private func readRoute(_ element: ValueReader) -> PlacedRoute? {
        guard var fields = element.fields("a route with 'match' and 'to'") else { return nil }
        defer { fields.finish() }
        let name = fields.value("name")?.parsed("a name of 1 to 128 characters") { text in
            (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? text : nil
        }
        let match = fields.required("match", "such as { path: /v1/users/** }").flatMap { self.match($0) }
        let to = fields.required("to", "a service's name")
        let service = to?.text("a service's name")
        var route = RouteConfiguration(
            name: "", match: match ?? RouteMatch(path: .everything), service: service ?? "",
            line: element.place?.line ?? 0)
        fields.set(&route.timeout, "timeout") { optionalDuration($0) }
        fields.set(&route.idleTimeout, "idleTimeout") { optionalDuration($0) }
        route.retry = readRetry(&fields)
        fields.set(&route.breaker, "breaker") { $0.orOff { breaker($0) } }
        let priorities = CallPriority.allCases
        fields.set(&route.priority, "priority") { value in
            value.choice(priorities.reversed().map { "\($0)" })
                .flatMap { name in priorities.first { "\($0)" == name } }
        }
        let authValue = fields.value("auth")
        route.auth = authValue.flatMap { routeAuth($0) }
        let limitValue = readRateLimits(&fields, &route)
        route.rewrite = fields.value("rewrite").flatMap { rewrite($0, match?.path) }
        route.name = name ?? match.map { Self.name(of: $0) } ?? element.path
        return PlacedRoute(
            configuration: route, isComplete: match != nil && service != nil, place: element.place,
            servicePlace: service == nil ? nil : to?.place, authPlace: authValue?.keyPlace,
            limitPlace: limitValue?.keyPlace)
    }

    /// The name of a route that has none: what it matches.
    private static func name(of match: RouteMatch) -> String {
        let methods = match.methods.joined(separator: ",")
        let hosts = match.hosts.map(\.description).joined(separator: ",")
        return [methods, hosts + match.path.description].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func match(_ value: ValueReader) -> RouteMatch? {
        guard var fields = value.fields("a mapping with 'path'") else { return nil }
        defer { fields.finish() }
        var path: PathPattern?
        if let value = fields.required("path", "such as /v1/users/**"), let text = value.text("a path") {
            do throws(PathPattern.Invalid) {
                path = try PathPattern(text)
            } catch {
                value.error("'\(value.path)': \(error)")
            }
        }
        let hosts = fields.value("host")?.listOrOne("hosts")?.compactMap { element in
            element.parsed("a host such as api.example.com or *.example.com") { HostPattern($0) }
        }
        let methods = fields.value("methods")?.listOrOne("methods")?.compactMap { method($0) }
        return path.map { RouteMatch(path: $0, hosts: hosts ?? [], methods: methods ?? []) }
    }

    private func method(_ value: ValueReader) -> String? {
        guard let text = value.text("a method such as GET") else { return nil }
        guard !KnownMethods.all.contains(text) else { return text }
        let suggestion = NearestName.nearest(to: text, in: KnownMethods.all).map { "; did you mean '\($0)'?" } ?? ""
        value.error(
            "'\(value.path)' must be a known method in capital letters, such as GET, not '\(text.prefix(60))'\(suggestion)"
        )
        return nil
    }

    /// A duration, or `off` for none; nil after a report.
    private func optionalDuration(_ value: ValueReader) -> Duration?? {
        value.orOff { $0.duration() }
    }

    private func routeAuth(_ value: ValueReader) -> RouteAuth? {
        if value.isScalar {
            return value.parsed("'required' or { scopes: [...] }") { $0 == "required" ? RouteAuth() : nil }
        }
        guard var fields = value.fields("'required' or { scopes: [...] }") else { return nil }
        defer { fields.finish() }
        let scopes = fields.required("scopes", "what a token must all have")?.listOrOne("scopes")?.compactMap {
            element in
            element.parsed("a scope without spaces") { text in
                !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7e).contains($0) } ? text : nil
            }
        }
        return scopes.map { RouteAuth(scopes: $0) }
    }

    /// The limits of `rateLimits`, or the one of `rateLimit`.
    ///
    /// - Returns: the value that holds them.
    private func readRateLimits(_ fields: inout FieldReader, _ route: inout RouteConfiguration) -> ValueReader? {
        let (one, several) = (fields.value("rateLimit"), fields.value("rateLimits"))
        if let one, let several {
            problems.error("give '\(one.path)' or '\(several.path)', not both", at: several.keyPlace)
        }
        route.rateLimits = one.flatMap { rateLimit($0) }.map { [$0] } ?? []
        if let several, let list = several.list("limits, each with a 'rate'") {
            if !(1...RateKeys.maximum).contains(list.count) {
                several.error("'\(several.path)' must have 1 to \(RateKeys.maximum) limits, has \(list.count)")
            }
            route.rateLimits += list.compactMap { rateLimit($0) }
        }
        let cost = fields.value("cost")
        if let number = cost?.integer(in: 1...1_000_000) { route.cost = number }
        if let cost, one == nil, several == nil {
            problems.error("'\(cost.path)' needs 'rateLimit' or 'rateLimits'", at: cost.keyPlace)
        }
        for limit in route.rateLimits where route.cost > limit.burst {
            cost?.error("'\(cost?.path ?? "")' must be at most the burst of each limit, \(limit.burst)")
        }
        return one ?? several
    }

    private func rateLimit(_ value: ValueReader) -> RateLimitConfiguration? {
        guard var fields = value.fields("a mapping with 'rate'") else { return nil }
        defer { fields.finish() }
        let rate = fields.required("rate", "such as 100/s")?.rate()
        let burst = fields.value("burst")?.integer(in: 1...1_000_000)
        let by = fields.value("by")?.choice(RateLimitConfiguration.Subject.allCases.map(\.rawValue))
        return rate.map {
            RateLimitConfiguration(
                rate: $0, burst: burst, by: by.flatMap { RateLimitConfiguration.Subject(rawValue: $0) } ?? .client)
        }
    }

    private func rewrite(_ value: ValueReader, _ path: PathPattern?) -> RewriteConfiguration? {
        guard var fields = value.fields("a mapping with 'stripPrefix' or 'addPrefix'") else { return nil }
        defer { fields.finish() }
        let strip = fields.value("stripPrefix")
        let stripped = strip.flatMap { prefix($0) }
        let added = fields.value("addPrefix").flatMap { prefix($0) }
        if let strip, let stripped, let path, let pattern = Self.pattern(stripped),
            !path.segments.starts(with: pattern.segments)
        {
            strip.error("'\(strip.path)' must be the beginning of the route's path \(path)")
        }
        return RewriteConfiguration(stripPrefix: stripped, addPrefix: added)
    }

    /// One or more literal segments: `/api`, `/api/v1`.
    private func prefix(_ value: ValueReader) -> String? {
        value.parsed("a path of literal segments such as /api, without a slash at its end") { text in
            guard let pattern = Self.pattern(text), !pattern.isPrefix, !pattern.segments.isEmpty else { return nil }
            let isLiteral = pattern.segments.allSatisfy { segment in
                guard case .literal(let part) = segment else { return false }
                return !part.isEmpty
            }
            return isLiteral ? text : nil
        }
    }

    /// The pattern, or nil if the text is none.
    private static func pattern(_ text: String) -> PathPattern? {
        do throws(PathPattern.Invalid) { return try PathPattern(text) } catch { return nil }
    }
}
