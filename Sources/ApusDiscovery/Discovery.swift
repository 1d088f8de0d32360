// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
public import Logging

/// What a process uses of service discovery, as its `REGISTRY_URL` says.
public struct Discovery: Sendable {
    /// Finds the services that are called.
    public let resolver: any Resolver
    /// Registers this process's own instances; nil where nothing can be registered (`static:`, `dns:///`, none).
    public let registrar: (any Registrar)?
    /// The registry's own address; nil where there is none.
    public let registry: Origin?
    private let end: @Sendable () async -> Void

    private init(
        resolver: any Resolver, registrar: (any Registrar)? = nil, registry: Origin? = nil,
        end: @escaping @Sendable () async -> Void = {}
    ) {
        self.resolver = resolver
        self.registrar = registrar
        self.registry = registry
        self.end = end
    }

    /// What belongs to an address. Nothing is connected before the first look-up or registration.
    ///
    /// - Parameters:
    ///   - registryURL: See ``RegistryAddress``; empty for none, where every service is an error.
    ///   - client: Makes the calls to a registry.
    /// - Throws: ``DiscoveryError`` that says what was expected.
    public static func make(
        registryURL: String, client: HTTPClient, logger: Logger
    ) throws(DiscoveryError) -> Discovery {
        switch try RegistryAddress(registryURL) {
        case .none:
            return Discovery(resolver: StaticResolver([:]))
        case .fixed(let services):
            return Discovery(resolver: StaticResolver(services))
        case .dns(let name, let port):
            let resolver = DNSResolver(name: name, port: port, logger: logger)
            return Discovery(resolver: resolver) { await resolver.shutdown() }
        case .registry(let endpoint):
            let registry = RegistryClient(
                connection: HTTPRegistryConnection(endpoint: endpoint, client: client), logger: logger)
            return Discovery(resolver: registry, registrar: registry, registry: endpoint) {
                await registry.shutdown()
            }
        }
    }

    /// Deregisters what is registered, and ends every background task. The views keep what they last showed.
    public func shutdown() async {
        await end()
    }
}
