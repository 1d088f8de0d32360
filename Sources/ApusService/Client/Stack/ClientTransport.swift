// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime

/// A request to one instance.
struct InstanceRequest: FaultSubject, Sendable {
    let request: HTTPRequest
    let origin: Origin
    let service: String

    var target: String { FaultTarget.client(of: service) }
    var operation: String? { nil }
    var method: String? { request.head.method.name }
    var path: String? { String(request.head.path) }

    func header(_ name: String) -> String? {
        HeaderName(name).flatMap { request.head.headers[$0] }
    }
}

/// Sends a request over HTTP and reads the whole answer: a call ends with the last byte.
struct ClientTransport: Endpoint {
    let http: HTTPClient
    let maximumResponseBytes: Int

    func call(_ request: InstanceRequest, in context: CallContext) async throws(CallFailure) -> Answer {
        let response = try await http.send(request.request, to: request.origin, context: context)
        let body = try await response.body.collect(upTo: maximumResponseBytes)
        return Answer(service: request.service, response: response.head, body: body)
    }
}
