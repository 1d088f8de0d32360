// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime

/// A request that came in, as faults see it.
struct RequestSubject: FaultSubject {
    let request: ServiceRequest

    var target: String { FaultTarget.server }
    var operation: String? { request.route.operation?.name }
    var method: String? { request.http.head.method.name }
    var path: String? { String(request.http.head.path) }

    func header(_ name: String) -> String? { HeaderName(name).flatMap { request.http.head.headers[$0] } }
}

/// What is done on purpose to one request that came in.
struct RequestFaults {
    private let faults: [Fault]
    private let injector: FaultInjector

    /// Nil for what is never refused and so never hit either: health, metrics, and the route that takes faults back.
    init?(_ injector: FaultInjector, for request: ServiceRequest) {
        guard request.route.priority != nil else { return nil }
        self.injector = injector
        faults = injector.draw(RequestSubject(request: request))
    }

    /// Lets the request be handled, or not.
    func apply(to request: ServiceRequest, _ handle: () async throws -> HTTPResponse) async throws -> HTTPResponse {
        for case .latency(let latency) in faults { try await injector.wait(latency, in: request.context) }
        for case .abort(let abort) in faults {
            throw Problem(
                DeclaredError(abort.status ?? 503, "injected_fault", "A fault was injected"),
                "The request was aborted by a fault that is armed.")
        }
        var response = try await handle()
        for case .droppedConnection in faults where request.http.earlyAnswer?.drop() == true {
            throw Problem(DeclaredError(.cancelled), "The connection was dropped by a fault that is armed.")
        }
        for case .slowBody(let bytesPerSecond) in faults { response.body = response.body.slowed(to: bytesPerSecond) }
        return response
    }
}
