// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusAuth
    import ApusHTTP
    import Testing

    @testable import ApusGateway

    @Suite("Who may use a route, and how often")
    struct AdmissionTests {
        private static let secret = "a secret of at least thirty-two bytes"

        private func verifier() async throws -> any RequestAuthenticator {
            try await TokenVerifier(keys: [.secret(Self.secret, id: "a")])
        }

        private func token(_ subject: String = "u", _ scopes: [String] = []) async throws -> String {
            let signer = try await TokenSigner(secret: Self.secret, keyID: "a")
            return "Bearer " + (try signer.token(subject: subject, scopes: scopes))
        }

        private func yaml(_ addresses: [ServerAddress]) -> String {
            """
            auth: { keys: [{ id: a, algorithm: HS256, secret: { env: A } }] }
            services:
              users: { endpoints: ["\(addresses[0])"] }
            routes:
              - { match: { path: /scoped }, to: users, auth: { scopes: [users.read, users.list] } }
              - { match: { path: /any }, to: users, auth: required }
              - { match: { path: /open }, to: users, rateLimit: { rate: 1/h, burst: 3 } }
              - match: { path: /subject }
                to: users
                auth: required
                rateLimit: { rate: 1/h, burst: 2, by: subject }
            """
        }

        @Test("a token must be there, be valid, and have the scopes")
        func tokens() async throws {
            try await withGateway(servers: [Responding.echo], tokens: verifier(), yaml) { (gateway, _) async throws in
                let (plain, read) = (try await token(), try await token("u", ["users.read"]))
                let both = try await token("u", ["users.list", "users.read", "x"])
                for (path, token, status, code) in [
                    ("/any", nil, 401, "missing"), ("/any", "Basic x", 401, "missing"),
                    ("/any", "Bearer bad", 401, "malformed"),
                    ("/any", plain, 200, ""), ("/any", plain + "x", 401, nil),
                    ("/scoped", read, 403, "insufficient_scope"),
                    ("/scoped", both, 200, ""),
                ] as [(String, String?, Int, String?)] {
                    var headers = Headers()
                    headers[.authorization] = token
                    let response = try await gateway.send(.get, path, headers: headers)
                    #expect(response.status.code == status)
                    guard status != 200 else { continue }
                    #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                    let problem = try await gateway.problem(response)
                    if let code { #expect(problem["code"] as? String == code) }
                }
            }
        }

        @Test("requests above the limit are 429 with Retry-After, each client for itself")
        func limits() async throws {
            try await withGateway(servers: [Responding.echo], tokens: verifier(), yaml) { (gateway, _) async throws in
                for _ in 0..<3 { #expect(try await gateway.send(.get, "/open").status == .ok) }
                let limited = try await gateway.send(.get, "/open")
                #expect(limited.status == 429 && limited.headers[.retryAfter] != nil)
                #expect(try await gateway.problem(limited)["code"] as? String == "rate_limited")
                for (subject, statuses) in [("a", [200, 200, 429]), ("b", [200, 200, 429])] {
                    for status in statuses {
                        let response = try await gateway.send(
                            .get, "/subject", headers: [.authorization: token(subject)])
                        #expect(response.status.code == status)
                    }
                }
            }
        }

        @Test("a file with auth needs something that verifies tokens")
        func needed() async throws {
            await #expect(throws: (any Error).self) {
                try await withGateway(servers: [Responding.echo], yaml) { _, _ in }
            }
        }
    }
#endif
