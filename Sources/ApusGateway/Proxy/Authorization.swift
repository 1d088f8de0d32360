// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// Whether a request may use a route that asks for a token (RFC 6750).
enum Authorization {
    /// Why a request is refused.
    struct Refusal: Error {
        let problem: GatewayProblem
    }

    /// The token, if it is valid and has all of `scopes`.
    static func check(
        _ headers: Headers, scopes: [String], by verifier: (any TokenVerifier)?
    ) -> Result<VerifiedToken, Refusal> {
        guard let field = headers[.authorization] else {
            return .failure(unauthorized("A bearer token is needed", challenge: "Bearer"))
        }
        guard field.utf8.count <= 8 << 10, field.prefix(7).lowercased() == "bearer ", let verifier else {
            return .failure(unauthorized("Only bearer tokens are accepted", challenge: "Bearer"))
        }
        let token: VerifiedToken
        do throws(TokenRefusal) {
            token = try verifier.verify(field.dropFirst(7).trimmingBlanks)
        } catch {
            let refusal = unauthorized("The token is not valid", challenge: "Bearer error=\"invalid_token\"")
            var problem = refusal.problem
            problem.detail = error.reason
            return .failure(Refusal(problem: problem))
        }
        guard token.scopes.isSuperset(of: scopes) else {
            var problem = GatewayProblem(403, "insufficient_scope", "The token lacks a scope that this route asks for")
            problem.extra = (
                .wwwAuthenticate, "Bearer error=\"insufficient_scope\", scope=\"\(scopes.joined(separator: " "))\""
            )
            return .failure(Refusal(problem: problem))
        }
        return .success(token)
    }

    private static func unauthorized(_ title: String, challenge: String) -> Refusal {
        var problem = GatewayProblem(401, "unauthorized", title)
        problem.extra = (.wwwAuthenticate, challenge)
        return Refusal(problem: problem)
    }
}
