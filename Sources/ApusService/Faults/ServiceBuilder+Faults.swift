// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
public import ApusResilience
public import ApusRuntime
import Logging
import NIOCore

extension ServiceBuilder {
    /// Does to requests what `injector` is armed for, with `server` as target and the name of the contract's operation, and
    /// offers `/faults` to arm it. Health and metrics are exempt.
    ///
    /// Whoever may arm can take the service down: who has `token`, or without one processes of this machine.
    public mutating func injectFaults(_ injector: FaultInjector, token: Secret?) {
        faults = injector
        let endpoint = FaultsEndpoint(injector, .service, logger: logger)
        let callers = TrustedCaller(token: token, deed: "Faults are armed")
        addFaults(.get, callers) { _ in endpoint.list() }
        addFaults(.delete, callers) { _ in endpoint.disarm() }
        addFaults(.post, callers) { request in
            let body = try await request.http.body.collect(upTo: FaultsDocument.sizeLimit)
            return endpoint.arm(String(buffer: body))
        }
    }

    private mutating func addFaults(
        _ method: HTTPMethod, _ callers: TrustedCaller,
        _ answer: @escaping @Sendable (ServiceRequest) async throws -> OpsResponse
    ) {
        add(method, PathTemplate(FaultsEndpoint.path), .info) { request in
            if let refusal = callers.refusal(of: request, realm: "faults") { return refusal }
            var response = HTTPResponse(try await answer(request))
            response.headers.append(.cacheControl, "no-store")
            return response
        }
    }
}

extension HTTPResponse {
    /// The answer of an operations endpoint.
    init(_ answer: OpsResponse) {
        self.init(
            status: HTTPStatus(answer.status), headers: [.contentType: answer.contentType],
            body: HTTPBody(ByteBuffer(bytes: answer.body)))
    }
}
