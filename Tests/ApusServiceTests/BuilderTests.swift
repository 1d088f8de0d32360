// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusService
import ApusTelemetry
import Logging
import NIOCore
import Testing

@Suite("Building a service")
struct BuilderTests {
    private struct Gate: Middleware {
        let word: String

        func respond(to request: ServiceRequest, next: ServiceRoute.Handler) async throws -> HTTPResponse {
            guard request.http.head.headers[.authorization] == word else { throw Problem(.unauthorized) }
            var response = try await next(request)
            response.headers.append("X-Passed", "\(word) \(request.route.path)")
            return response
        }
    }

    @Test("Operations that are missing or stand twice, and paths that are wrong, are reported at once")
    func problems() {
        var service = ServiceBuilder(NotesAPI.self, logger: Logger(label: "test"), metrics: MetricsRegistry())
        service.implement(NotesAPI.removeNote) { _ in }
        service.implement(NotesAPI.removeNote) { _ in }
        service.implement(Operation(.get, "/stranger", name: "stranger")) { _ in }
        service.route(.get, "broken") { _ in HTTPResponse(status: .ok) }
        let error = #expect(throws: RouterError.self) { try service.build() }
        let text = "\(error.map(String.init(describing:)) ?? "")"
        #expect(text.contains("notes doesn't implement readNote"))
        #expect(text.contains("DELETE /v1/notes/{id} stands twice"))
        #expect(text.contains("stranger is not in the operations of notes"))
        #expect(text.contains("the path broken doesn't begin with /"))
    }

    @Test("Middleware surrounds handlers and routes beside the contract, not health and metrics")
    func middleware() async throws {
        let notes = NotesService()
        var service = notes.builder()
        service.use(Gate(word: "sesame"))
        service.route(.put, "/files/{name}") { request in
            let bytes = try await request.http.body.collect(upTo: 100)
            return HTTPResponse(status: .accepted, body: HTTPBody("\(request.pathParameters) \(bytes.readableBytes)"))
        }
        let responder = try service.build()
        try await Running.with { running in
            try await running.serve(responder) { address in
                func send(_ method: HTTPMethod, _ target: String, _ headers: Headers) async throws -> HTTPResponse {
                    let body = method == .put ? HTTPBody("12345") : .empty
                    return try await running.client.send(
                        HTTPRequest(method, target, headers: headers, body: body), to: address.endpoint)
                }
                let answer = try await send(.get, "/v1/notes/1", [:])
                #expect(answer.status == .unauthorized)
                let passed = try await send(.get, "/v1/notes/1", [.authorization: "sesame"])
                #expect(passed.headers["X-Passed"] == "sesame /v1/notes/{id}")
                let file = try await send(.put, "/files/a%20b", [.authorization: "sesame"])
                #expect(file.status == .accepted)
                #expect(String(buffer: try await file.body.collect(upTo: 100)) == #"["a%20b"] 5"#)
                let answer2 = try await send(.get, "/livez", [:])
                #expect(answer2.status == .ok)
                let answer3 = try await send(.get, "/metrics", [:])
                #expect(answer3.status == .ok)
            }
        }
    }
}
