// SPDX-License-Identifier: Apache-2.0
public import ApusResilience

/// Which requests go to which service, and under which conditions.
public struct RouteConfiguration: Equatable, Sendable {
    /// Unique in the file; made from the match when the file gives none.
    public var name: String
    public var match: RouteMatch
    /// The service's name.
    public var service: String
    /// From the request's arrival to the response's head. Nil for no bound. 30 s by default.
    public var timeout: Duration? = .seconds(30)
    /// Without any byte of the exchange after the response's head. Nil for no bound. 5 min by default.
    public var idleTimeout: Duration? = .seconds(300)
    /// What is tried again. By default 3 attempts when no connection can be made, or when one breaks off before a response
    /// and the request may be repeated.
    public var retry = RetryRule()
    /// A circuit breaker around the whole route, beside those of the instances; nil for none.
    public var breaker: CircuitBreakerConfiguration?
    /// How much its requests matter when not all can be served. Normal by default.
    public var priority = CallPriority.normal
    public var auth: RouteAuth?
    /// The limits of how many requests are let through, decided in one step; at most eight.
    public var rateLimits: [RateLimitConfiguration] = []
    /// How many requests one of this route counts for at its limits. Default 1, 1 to 1,000,000.
    public var cost: Int = 1
    public var rewrite: RewriteConfiguration?
    /// Where the route stands in the file.
    public var line: Int

    /// The most attempts of a request, the first included.
    public var attempts: Int { retry.policy.maximumAttempts }

    public init(name: String, match: RouteMatch, service: String, line: Int = 0) {
        self.name = name
        self.match = match
        self.service = service
        self.line = line
    }
}

/// The requests that a route takes. All conditions must hold.
public struct RouteMatch: Equatable, Sendable {
    /// The paths that it takes.
    public var path: PathPattern
    /// Host names, any of which will do; empty for every host.
    public var hosts: [HostPattern]
    /// Methods, any of which will do; empty for every method. `GET` includes `HEAD`.
    public var methods: [String]

    public init(path: PathPattern, hosts: [HostPattern] = [], methods: [String] = []) {
        self.path = path
        self.hosts = hosts
        self.methods = methods
    }
}

/// What a route asks of the caller's bearer token.
public struct RouteAuth: Equatable, Sendable {
    /// Scopes that the token must all have; empty if any valid token will do.
    public var scopes: [String]

    public init(scopes: [String] = []) {
        self.scopes = scopes
    }
}

/// How a request's path is changed on its way to the service.
public struct RewriteConfiguration: Equatable, Sendable {
    /// Whole segments removed from the path's beginning, such as `/api`; must begin the route's path.
    public var stripPrefix: String?
    /// Put before what is left, such as `/internal`.
    public var addPrefix: String?

    public init(stripPrefix: String? = nil, addPrefix: String? = nil) {
        self.stripPrefix = stripPrefix
        self.addPrefix = addPrefix
    }
}
