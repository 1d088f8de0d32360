// SPDX-License-Identifier: Apache-2.0

/// How a ``RegistryClient`` talks to a registry: over HTTP, or to one in the same process.
public protocol RegistryConnection: Sendable {
    func register(_ instance: Instance, ttl: Duration) async throws(DiscoveryError) -> Lease
    func renew(_ lease: Lease) async throws(DiscoveryError)
    /// - Parameter generation: That of the lease; nil drops whichever registration is there.
    func deregister(_ service: String, id: String, generation: UInt64?) async throws(DiscoveryError)
    /// The instances of a service as soon as they differ from those of `index`, or after `wait` as they are.
    func list(_ service: String, after index: UInt64, wait: Duration) async throws(DiscoveryError) -> ServiceListing
}

extension Registry: RegistryConnection {
    public func renew(_ lease: Lease) async throws(DiscoveryError) {
        _ = try renew(lease.service, id: lease.id, generation: lease.generation)
    }

    public func deregister(_ service: String, id: String, generation: UInt64?) async throws(DiscoveryError) {
        let _: Bool = try await drop(service, id: id, generation: generation)
    }
}
