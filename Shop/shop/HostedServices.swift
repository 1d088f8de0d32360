// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusHTTP
import Synchronization

/// Where the services of this process listen, for each other: what a registry is between processes.
final class HostedServices: Resolver {
    private let views = Mutex<[String: ServiceView]>([:])

    func view(of service: String) -> ServiceView {
        views.withLock { views in
            if let view = views[service] { return view }
            let view = ServiceView(service: service)
            views[service] = view
            return view
        }
    }

    /// Notes that `service` is ready at `endpoint`.
    func add(_ service: String, at endpoint: Endpoint) {
        view(of: service).update([Instance(id: service, service: service, endpoint: endpoint)])
    }

    /// Notes that `service` takes no more requests.
    func remove(_ service: String) {
        view(of: service).update([])
    }
}
