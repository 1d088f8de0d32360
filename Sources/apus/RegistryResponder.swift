// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusHTTP
import ApusRuntime

/// A registry with the operations endpoints that every Apus process has.
struct RegistryResponder: HTTPResponder {
    let server: RegistryServer
    let operations: OpsEndpoints

    init(registry: Registry, operations: OpsEndpoints) {
        server = RegistryServer(registry: registry)
        self.operations = operations
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let isReading = request.head.method == .get || request.head.method == .head
        guard isReading, let answer = operations.answer(path: request.head.path, accept: request.head.headers[.accept])
        else {
            return await server.respond(to: request)
        }
        return HTTPResponse(
            status: HTTPStatus(answer.status), headers: [.contentType: answer.contentType], body: HTTPBody(answer.body))
    }
}
