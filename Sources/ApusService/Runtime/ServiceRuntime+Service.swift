// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusDiscovery
public import ApusHTTP
import ApusResilience
public import ApusRuntime
import ApusTelemetry
import Synchronization

extension ServiceRuntime {
    /// A builder of the service that `contract` describes, with this runtime's log, metrics, health and watchdog. It sheds
    /// load if `configuration` and the settings (`LOAD_SHEDDING`) say so, and lets faults be armed if these do (`FAULTS`).
    public func builder(
        of contract: any Contract.Type, configuration: ServiceConfiguration = .init()
    ) -> ServiceBuilder {
        var configuration = configuration
        if !settings.shedsLoad { configuration.shedsLoad = false }
        var builder = ServiceBuilder(
            contract, configuration: configuration, logger: telemetry.logger(label: contract.name), metrics: metrics,
            operations: ops, watchdog: watchdog)
        if let faults { builder.injectFaults(faults, token: settings.serviceToken) }
        return builder
    }

    /// Adds a server, where the settings say, that runs the built service.
    ///
    /// - Throws: ``RouterError`` that lists everything that is wrong with the service.
    @discardableResult
    public func serve(_ builder: ServiceBuilder) throws(RouterError) -> HTTPServer {
        addServer(responder: try builder.build())
    }

    /// Finds other services as `REGISTRY_URL` says, and registers this one there while it is ready.
    ///
    /// - Parameters:
    ///   - tls: whom to trust when services are called over TLS.
    ///   - lease: how long the registry keeps this instance after its last sign of life.
    /// - Throws: ``ApusDiscovery/DiscoveryError`` if `REGISTRY_URL` can't be used.
    public func joinNetwork(
        tls: ClientTLS = ClientTLS(), lease: Duration = .seconds(10)
    ) throws(DiscoveryError) -> ServiceNetwork {
        var configuration = HTTPClientConfiguration()
        configuration.tls = tls
        let http = HTTPClient(configuration: configuration, loops: loops)
        let discovery = try Discovery.make(
            registryURL: settings.registryURL?.string ?? "", client: http,
            logger: telemetry.logger(label: "apus.discovery"))
        addResource("network") {
            await discovery.shutdown()
            await http.shutdown()
        }
        if let registrar = discovery.registrar {
            keepRegistered(with: registrar, at: discovery.registry, lease)
        }
        return network(resolver: discovery.resolver, http: http)
    }

    /// The way to the services that `resolver` finds, with this runtime's metrics and log, called as the settings say
    /// (`CLIENT_…`).
    public func network(resolver: any Resolver, http: HTTPClient) -> ServiceNetwork {
        ServiceNetwork(
            resolver: resolver, http: http, metrics: metrics, faults: faults ?? FaultInjector(),
            configuration: ServiceClientConfiguration(settings.client), logger: telemetry.logger(label: "apus.client"))
    }

    /// The id is the same after a restart, so that a new process takes the place of one that was killed.
    private func keepRegistered(with registrar: any Registrar, at registry: Origin?, _ lease: Duration) {
        let settings = settings
        let registered = Mutex<String?>(nil)
        onReady("registry") { addresses in
            guard let address = addresses.first else { return }
            var endpoint = settings.advertiseURL
            if endpoint == nil {
                endpoint = await AdvertisedAddress()
                    .endpoint(listening: address.endpoint, host: settings.host, registry: registry)
            }
            let instance = Instance(
                id: settings.instanceID, service: settings.name, endpoint: endpoint ?? address.endpoint)
            registered.withLock { $0 = instance.id }
            registrar.register(instance, ttl: lease)
        }
        onDrain("registry") {
            guard let id = registered.withLock({ $0 }) else { return }
            await registrar.deregister(settings.name, id: id)
        }
    }
}
