// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusCore
public import ApusDiscovery
public import ApusHTTP
public import ApusResilience
public import ApusTelemetry

/// The other services, as one process sees them: where they are found and the connections to them.
public struct ServiceNetwork: Sendable {
    /// Finds the instances of a service.
    public let resolver: any Resolver
    /// Makes and keeps the connections, for every client of the process.
    public let http: HTTPClient
    /// Does to the calls of every client what it is armed for.
    public let faults: FaultInjector
    private let metrics: MetricsRegistry

    /// A network whose clients count their calls in `metrics`.
    public init(
        resolver: any Resolver, http: HTTPClient, metrics: MetricsRegistry, faults: FaultInjector = FaultInjector()
    ) {
        self.resolver = resolver
        self.http = http
        self.faults = faults
        self.metrics = metrics
    }

    /// A client of the service that `contract` describes. Make one for each service and keep it.
    ///
    /// - Throws: `InvalidConfiguration` with every problem of `configuration`.
    public func client(
        of contract: any Contract.Type, configuration: ServiceClientConfiguration = .init(), time: TimeSource = .system
    ) throws(InvalidConfiguration) -> ServiceClient {
        try ServiceClient(
            contract, resolver: resolver, http: http, metrics: metrics, configuration: configuration, faults: faults,
            time: time)
    }

    /// A client of the service that is registered as `name`.
    func client(named name: String) throws(InvalidConfiguration) -> ServiceClient {
        try ServiceClient(name, resolver: resolver, http: http, metrics: metrics, faults: faults)
    }
}
