// SPDX-License-Identifier: Apache-2.0
#if JWT
    public import ApusAuth
    import ApusContract
    import ApusCore
    public import ApusHTTP

    /// Lets only requests through whose bearer token is valid and has the scopes that are asked for; handlers find the
    /// principal in ``Call/principal``.
    ///
    /// Refused with 401 or, without a scope, 403, and a `WWW-Authenticate` header.
    public struct Authentication: Middleware {
        private let verifier: TokenVerifier
        private let realm: String
        private let scopes: @Sendable (ServiceRoute) -> [String]

        /// - Parameters:
        ///   - realm: what `WWW-Authenticate` names, such as the service.
        ///   - scopes: what a route asks for; none by default, so that any valid token will do.
        public init(
            _ verifier: TokenVerifier, realm: String,
            scopes: @escaping @Sendable (ServiceRoute) -> [String] = { _ in [] }
        ) {
            self.verifier = verifier
            self.realm = realm
            self.scopes = scopes
        }

        public func respond(to request: ServiceRequest, next: ServiceRoute.Handler) async throws -> HTTPResponse {
            var request = request
            do throws(AuthFailure) {
                let values = request.http.head.headers.values(.authorization)
                let principal = try verifier.authenticate(authorization: values)
                try principal.require(scopes: scopes(request.route))
                request.principal = principal
            } catch {
                return refusal(error, request)
            }
            return try await next(request)
        }

        private func refusal(_ failure: AuthFailure, _ request: ServiceRequest) -> HTTPResponse {
            var problem = Problem(failure.status == 403 ? .forbidden : .unauthorized, failure.message)
            problem.instance = String(request.http.head.path)
            problem.requestID = request.context.requestID?.description
            return problem.response(headers: [.wwwAuthenticate: failure.challenge(realm: realm)])
        }
    }
#endif
