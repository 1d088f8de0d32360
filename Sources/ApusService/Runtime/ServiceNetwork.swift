// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusCore
public import ApusDiscovery
public import ApusHTTP
public import ApusResilience
public import ApusTelemetry
public import Logging

/// The other services, as one process sees them: where they are found and the connections to them.
public struct ServiceNetwork: Sendable {
    /// Finds the instances of a service.
    public let resolver: any Resolver
    /// Makes and keeps the connections, for every client of the process.
    public let http: HTTPClient
    /// Does to the calls of every client what it is armed for.
    public let faults: FaultInjector
    /// How services are called by clients that aren't given a configuration of their own.
    public let configuration: ServiceClientConfiguration
    private let metrics: MetricsRegistry
    private let logger: Logger?

    /// A network whose clients count their calls in `metrics`, and tell `logger` of breakers and ejections.
    public init(
        resolver: any Resolver, http: HTTPClient, metrics: MetricsRegistry, faults: FaultInjector = FaultInjector(),
        configuration: ServiceClientConfiguration = .init(), logger: Logger? = nil
    ) {
        self.configuration = configuration
        self.logger = logger
        self.resolver = resolver
        self.http = http
        self.faults = faults
        self.metrics = metrics
    }

    /// A client of the service that `contract` describes. Make one for each service and keep it.
    ///
    /// - Parameter configuration: nil for that of the network.
    /// - Throws: `InvalidConfiguration` with every problem of the configuration.
    public func client(
        of contract: any Contract.Type, configuration: ServiceClientConfiguration? = nil, time: TimeSource = .system
    ) throws(InvalidConfiguration) -> ServiceClient {
        try ServiceClient(
            contract, resolver: resolver, http: http, metrics: metrics,
            configuration: configuration ?? self.configuration, faults: faults, logger: logger, time: time)
    }

    /// A client of the service that is registered as `name`.
    func client(named name: String) throws(InvalidConfiguration) -> ServiceClient {
        try ServiceClient(
            name, resolver: resolver, http: http, metrics: metrics, configuration: configuration, faults: faults,
            logger: logger)
    }
}
