// SPDX-License-Identifier: Apache-2.0
public import ApusAuth

/// Tells who makes a request, for routes with `auth`.
///
/// Called on the event loop, so it must neither block nor suspend.
public protocol RequestAuthenticator: Sendable {
    /// Who makes a request with these values of the `Authorization` header.
    ///
    /// - Throws: ``AuthFailure`` if the request isn't let in.
    func authenticate(authorization values: [String]) throws(AuthFailure) -> Principal
}

#if JWT
    extension TokenVerifier: RequestAuthenticator {}
#endif
