// SPDX-License-Identifier: Apache-2.0

/// Keeps instances registered for as long as their process lives.
public protocol Registrar: Sendable {
    /// Keeps `instance` registered from now on, with a lease of `ttl` that is renewed in the background.
    ///
    /// Returns at once: a registry that is down, or one that forgot the lease, only means that registering is tried
    /// again. Registering the same id again replaces what was registered.
    /// - Parameter ttl: How long after the last renewal the registry drops the instance.
    func register(_ instance: Instance, ttl: Duration)

    /// How the registration of an id stands; nil for an id that isn't kept registered here.
    func registration(of service: String, id: String) -> RegistrationStatus?

    /// Stops renewing and tells the registry, waiting at most a second or two for its answer. If it can't be reached the
    /// lease runs out by itself.
    func deregister(_ service: String, id: String) async
}
