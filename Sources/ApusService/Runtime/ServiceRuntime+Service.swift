// SPDX-License-Identifier: Apache-2.0
public import ApusContract
import ApusCore
public import ApusDiscovery
public import ApusHTTP
public import ApusRuntime
import ApusTelemetry

extension ServiceRuntime {
    /// A builder of the service that `contract` describes, with this runtime's log, metrics, health and watchdog.
    public func builder(
        of contract: any Contract.Type, configuration: ServiceConfiguration = .init()
    ) -> ServiceBuilder {
        ServiceBuilder(
            contract, configuration: configuration, logger: telemetry.logger(label: contract.name), metrics: metrics,
            operations: ops, watchdog: watchdog)
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
        if let registrar = discovery.registrar { keepRegistered(with: registrar, lease) }
        return ServiceNetwork(resolver: discovery.resolver, http: http, metrics: metrics)
    }

    private func keepRegistered(with registrar: any Registrar, _ lease: Duration) {
        var random = FastRandom()
        let service = settings.name
        let id = "\(service)-\(Hex.string(random.next()))"
        onReady("registry") { addresses in
            guard let address = addresses.first else { return }
            registrar.register(Instance(id: id, service: service, endpoint: address.endpoint), ttl: lease)
        }
        onDrain("registry") { await registrar.deregister(service, id: id) }
    }
}
