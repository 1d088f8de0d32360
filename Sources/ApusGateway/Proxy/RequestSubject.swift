// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusResilience
import ApusRuntime

/// A request to a service as faults see it: the target is `client:` and the service's name, the operation the route's
/// name.
struct RequestSubject: FaultSubject {
    let head: RequestHead
    let route: RouteModel

    var target: String { FaultTarget.client(of: route.service.name) }
    var operation: String? { route.name }
    var method: String? { head.method.name }
    var path: String? { String(head.path) }

    func header(_ name: String) -> String? { HeaderName(name).flatMap { head.headers[$0] } }
}
