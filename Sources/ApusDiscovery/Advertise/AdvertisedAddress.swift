// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// Under which address an instance is registered that listens on every address of its machine.
///
/// `0.0.0.0` and `::` are no addresses to connect to, and a loopback address leads every other machine to itself. What an
/// operator says (`ADVERTISE_URL`) is not questioned and needs none of this. Otherwise the instance takes the address from
/// which its machine reaches the registry: the way that those who ask the registry are likely to come, and a loopback
/// address exactly if the registry is on the same machine. If there is no route, the first address of the machine that
/// isn't a loopback one stands in, as with Consul's agent and go-micro.
public struct AdvertisedAddress: Sendable {
    private let lookup: AddressLookup
    private let source: @Sendable (_ destination: String) -> String?
    private let interfaces: @Sendable () -> [String]

    /// The addresses of this machine.
    public init() {
        self.init(lookup: .system, source: LocalAddress.reaching, interfaces: { LocalAddress.all })
    }

    /// - Parameters:
    ///   - source: The local address from which packets to another one leave; nil if there is no route.
    ///   - interfaces: The addresses of this machine.
    init(
        lookup: AddressLookup, source: @escaping @Sendable (_ destination: String) -> String?,
        interfaces: @escaping @Sendable () -> [String]
    ) {
        self.lookup = lookup
        self.source = source
        self.interfaces = interfaces
    }

    /// Where others reach a server.
    ///
    /// - Parameters:
    ///   - listening: Where it is reached from its own machine.
    ///   - host: The address that it was told to listen on, as `HOST` gives it.
    ///   - registry: Where it registers; nil if that isn't a server.
    /// - Returns: `listening`, with another host if `host` is every address.
    public func endpoint(listening: Origin, host: String, registry: Origin?) async -> Origin {
        guard listening.unixPath == nil, LocalAddress.isUnspecified(host) else { return listening }
        let isUsable = { (address: String) in
            // A server on 0.0.0.0 isn't reached over IPv6; one on :: is reached over both.
            (host.contains(":") || !address.contains(":")) && !LocalAddress.isLinkLocal(address)
        }
        let towards = await towards(registry)
        let found =
            towards.first(where: isUsable)
            ?? interfaces().first { isUsable($0) && !LocalAddress.isLoopback($0) }
        guard let found else { return listening }
        return Origin(scheme: listening.scheme, host: found, port: listening.port)
    }

    private func towards(_ registry: Origin?) async -> [String] {
        guard let registry else { return [] }
        // Through a socket of this machine: the registry, and all that it tells, is here.
        guard registry.unixPath == nil else { return ["127.0.0.1"] }
        do throws(DiscoveryError) {
            return try await lookup(registry.host).compactMap(source)
        } catch {
            return []
        }
    }
}
