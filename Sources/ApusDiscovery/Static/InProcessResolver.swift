// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
import Synchronization

/// What a registry is between processes, for services that run in one: each says where it listens, and the others find it.
///
/// A service that nobody has named yet is pending, so that calls made while the others start wait for it a little.
public final class InProcessResolver: Resolver {
    private let views = Mutex<[String: ServiceView]>([:])

    public init() {}

    public func view(of service: String) -> ServiceView {
        views.withLock { views in
            if let view = views[service] { return view }
            let view = ServiceView(service: service)
            views[service] = view
            return view
        }
    }

    /// Notes that `service` is reached at `endpoint`, and nowhere else.
    public func add(_ service: String, at endpoint: Origin) {
        view(of: service).update([Instance(id: service, service: service, endpoint: endpoint)])
    }

    /// Notes that `service` is reached nowhere.
    public func remove(_ service: String) {
        view(of: service).update([])
    }
}
