// SPDX-License-Identifier: Apache-2.0

/// Knows where the instances of services are.
///
/// Asking never waits and never fails: the answer says whether it is one (``InstanceSet/Status``). Who calls a service
/// repeatedly holds its ``ServiceView`` instead of asking by name.
public protocol Resolver: Sendable {
    /// The view of `service`. Asking for it the first time begins to resolve it; the same view is returned every time.
    func view(of service: String) -> ServiceView
}

extension Resolver {
    /// The instances of `service` as they are known now.
    public func instances(of service: String) -> InstanceSet {
        view(of: service).current
    }
}
