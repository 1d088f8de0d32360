// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusAuth
    import ApusContract
    import ApusHTTP
    import ApusService
    import NIOCore
    import Testing

    @Suite("Authentication")
    struct AuthenticationTests {
        private static let secret = "a secret of at least thirty-two bytes"

        private struct Naming: Middleware {
            func respond(to request: ServiceRequest, next: ServiceRoute.Handler) async throws -> HTTPResponse {
                var response = try await next(request)
                response.headers.append("X-Subject", request.principal?.subject ?? "none")
                return response
            }
        }

        /// What a service answers that asks for `notes:read` for GET and `notes:write` for the rest.
        private func answer(_ method: HTTPMethod, _ authorization: String?) async throws -> (HTTPResponse, Problem?) {
            let verifier = try await TokenVerifier(keys: [.secret(Self.secret, algorithm: .hs256)])
            var service = NotesService().builder()
            service.use(
                Authentication(verifier, realm: "notes") { [$0.method == .get ? "notes:read" : "notes:write"] })
            service.use(Naming())
            let responder = try service.build()
            var answer: (HTTPResponse, Problem?)?
            try await Running.with { running in
                try await running.serve(responder) { address in
                    var headers: Headers = [:]
                    headers[.authorization] = authorization
                    let response = try await running.client.send(
                        HTTPRequest(method, "/v1/notes/1", headers: headers), to: address.endpoint)
                    let body = try await response.body.collect(upTo: 1 << 16)
                    let isProblem = response.headers[.contentType] == Problem.mediaType
                    answer = (
                        response, isProblem ? try ContractJSON.decode(Problem.self, from: body.readableBytesView) : nil
                    )
                }
            }
            return try #require(answer)
        }

        @Test("Without a token or with a false one: 401 and a challenge", arguments: [nil, "Bearer a.b.c", "Basic x"])
        func unauthorized(authorization: String?) async throws {
            let (response, problem) = try await answer(.get, authorization)
            #expect(response.status == .unauthorized)
            #expect(response.headers[.wwwAuthenticate]?.hasPrefix(#"Bearer realm="notes""#) == true)
            #expect(problem?.code == "unauthorized")
            #expect(problem?.instance == "/v1/notes/1" && problem?.requestID == response.headers[.requestID])
        }

        @Test("Without the scope: 403 that names it; with it the handler knows who asks")
        func scopes() async throws {
            let token = try await TokenSigner(secret: Self.secret).token(subject: "ada", scopes: ["notes:read"])
            let (refused, problem) = try await answer(.delete, "Bearer \(token)")
            #expect(refused.status == .forbidden && problem?.code == "forbidden")
            #expect(refused.headers[.wwwAuthenticate]?.contains("notes:write") == true)
            let (allowed, none) = try await answer(.get, "Bearer \(token)")
            #expect(allowed.status == .ok && none == nil)
            #expect(allowed.headers["X-Subject"] == "ada")
        }
    }
#endif
