// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// What a gateway file says: immutable, complete with defaults, free of secrets (it holds where they are, not them).
///
/// Made by ``GatewayFile``; compiled to a model before it serves. `docs/gateway-file.md` describes every key.
public struct GatewayConfiguration: Equatable, Sendable {
    /// The addresses that are served; at least one.
    public var listeners: [ListenerConfiguration]
    /// Where the admin endpoint listens; nil for nowhere.
    public var admin: BindAddress?
    /// Where the access log goes; nil for nowhere.
    public var accessLog: AccessLogTarget?
    /// The registry that `discover` asks, as `REGISTRY_URL` spells it.
    public var registry: String?
    /// The peers whose `X-Forwarded-*` and `Forwarded` headers are believed. Empty: nobody's.
    public var trustedProxies: [AddressRange]
    public var auth: AuthConfiguration?
    public var limits: LimitsConfiguration
    /// How long requests in flight may take when the gateway stops. 10 s by default.
    public var drainTimeout: Duration
    public var services: [ServiceConfiguration]
    /// The routes in the order of the file. Which one wins is decided by specificity, then by this order.
    public var routes: [RouteConfiguration]

    public init(
        listeners: [ListenerConfiguration], admin: BindAddress? = nil, accessLog: AccessLogTarget? = nil,
        registry: String? = nil, trustedProxies: [AddressRange] = [], auth: AuthConfiguration? = nil,
        limits: LimitsConfiguration = LimitsConfiguration(), drainTimeout: Duration = .seconds(10),
        services: [ServiceConfiguration], routes: [RouteConfiguration]
    ) {
        self.listeners = listeners
        self.admin = admin
        self.accessLog = accessLog
        self.registry = registry
        self.trustedProxies = trustedProxies
        self.auth = auth
        self.limits = limits
        self.drainTimeout = drainTimeout
        self.services = services
        self.routes = routes
    }
}
