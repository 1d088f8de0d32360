// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import Testing

@testable import ApusGateway

@Suite("Who may use a route, and how often")
struct AdmissionTests {
    /// Believes `good:SUBJECT:SCOPE,SCOPE`.
    private struct Verifier: TokenVerifier {
        func verify(_ token: String) throws(TokenRefusal) -> VerifiedToken {
            let parts = token.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts[0] == "good" else { throw TokenRefusal("the signature is wrong") }
            return VerifiedToken(subject: parts[1], scopes: Set(parts[2].split(separator: ",").map(String.init)))
        }
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
        try await withGateway(servers: [Responding.echo], tokens: Verifier(), yaml) { (gateway, _) async throws in
            for (path, token, status, code) in [
                ("/any", nil, 401, "unauthorized"), ("/any", "Basic x", 401, "unauthorized"),
                ("/any", "Bearer bad", 401, "unauthorized"), ("/any", "Bearer good:u:", 200, ""),
                ("/any", "bearer good:u:", 200, ""), ("/scoped", "Bearer good:u:users.read", 403, "insufficient_scope"),
                ("/scoped", "Bearer good:u:users.read,users.list,x", 200, ""),
            ] as [(String, String?, Int, String)] {
                var headers = Headers()
                headers[.authorization] = token
                let response = try await gateway.send(.get, path, headers: headers)
                #expect(response.status.code == status)
                guard status != 200 else { continue }
                #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                #expect(try await gateway.problem(response)["code"] as? String == code)
            }
        }
    }

    @Test("requests above the limit are 429 with Retry-After, each client for itself")
    func limits() async throws {
        try await withGateway(servers: [Responding.echo], tokens: Verifier(), yaml) { (gateway, _) async throws in
            for _ in 0..<3 { #expect(try await gateway.send(.get, "/open").status == .ok) }
            let limited = try await gateway.send(.get, "/open")
            #expect(limited.status == 429 && limited.headers[.retryAfter] != nil)
            #expect(try await gateway.problem(limited)["code"] as? String == "rate_limited")
            for (subject, statuses) in [("a", [200, 200, 429]), ("b", [200, 200, 429])] {
                for status in statuses {
                    let response = try await gateway.send(
                        .get, "/subject", headers: [.authorization: "Bearer good:\(subject):"])
                    #expect(response.status.code == status)
                }
            }
        }
    }

    @Test("a file with auth needs something that verifies tokens")
    func verifier() async throws {
        await #expect(throws: (any Error).self) {
            try await withGateway(servers: [Responding.echo], yaml) { _, _ in }
        }
    }
}
