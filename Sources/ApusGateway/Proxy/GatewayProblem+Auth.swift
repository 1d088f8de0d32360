// SPDX-License-Identifier: Apache-2.0
import ApusAuth
import ApusHTTP

extension GatewayProblem {
    /// What the client is told when it isn't let in.
    init(_ failure: AuthFailure) {
        let title =
            switch failure.code {
            case .missing: "A bearer token is needed"
            case .invalidRequest: "The authorization can't be read"
            case .insufficientScope: "The token doesn't allow this"
            default: "The token is not valid"
            }
        self.init(HTTPStatus(failure.status), failure.code.name, title, detail: failure.message)
        extra = (.wwwAuthenticate, failure.challenge(realm: "apus"))
    }

    static let noAuthenticator = GatewayProblem(503, "no_authenticator", "Nothing here verifies tokens")
}
