// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
public import ApusResilience

/// A service that routes lead to: where its instances are and how they are called.
public struct ServiceConfiguration: Equatable, Sendable {
    /// Unique in the file: 1 to 128 letters, digits, `.`, `_` and `-`.
    public var name: String
    /// Where its instances are known from.
    public var source: InstanceSource
    /// Active health checks; nil for none.
    public var healthCheck: ActiveCheckConfiguration?
    /// How its requests are spread over the instances.
    public var balancing = InstanceBalancing()
    /// Leaves out instances that fail more than the others; nil for not.
    public var outliers: OutlierConfiguration?
    /// A circuit breaker for each instance; nil for none.
    public var breaker: CircuitBreakerConfiguration?
    /// What the retries of all its routes draw on; nil for without bound.
    public var retryBudget: RetryBudgetConfiguration? = RetryBudgetConfiguration()
    /// Requests at once, over all its instances; one more gets 503. Nil (the default) for no bound; 1 to 1,000,000.
    public var maxRequests: Int?
    /// As many requests at once as its latencies allow; nil (the default) for no bound.
    public var adaptive: AdaptiveConcurrencyConfiguration?
    /// How long a connection may take to be made. 2 s by default.
    public var connectTimeout: Duration = .seconds(2)
    /// How long an instance gets no request after a connection to it failed, while others are usable. 2 s by default.
    public var failTimeout: Duration = .seconds(2)
    /// Connections to one instance, per event loop. 512 by default.
    public var maxConnections: Int = 512
    /// Requests that wait for a connection to one instance, per event loop; above it 503. 1,024 by default.
    public var maxPending: Int = 1_024
    /// How long a pooled connection may stay unused. 50 s by default, below what most servers keep.
    public var idleTimeout: Duration = .seconds(50)
    /// How to trust `https` endpoints; nil for the system's trust store and the endpoint's host name.
    public var tls: UpstreamTLSConfiguration?

    public init(name: String, source: InstanceSource) {
        self.name = name
        self.source = source
    }
}

/// Where a service's instances are known from.
public enum InstanceSource: Equatable, Sendable {
    /// The addresses of the file.
    case endpoints([EndpointConfiguration])
    /// The registry, under this name.
    case discover(String)
}
