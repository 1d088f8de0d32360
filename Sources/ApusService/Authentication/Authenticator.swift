// SPDX-License-Identifier: Apache-2.0
public import ApusAuth

/// Says who makes a request. `TokenVerifier` is one; tests bring their own.
public protocol Authenticator: Sendable {
    /// Who makes a request with these values of its `Authorization` header.
    ///
    /// - Parameter values: empty if the request has none.
    /// - Throws: ``ApusAuth/AuthFailure``, which becomes the answer.
    func authenticate(authorization values: [String]) throws(AuthFailure) -> Principal
}

#if JWT
    extension TokenVerifier: Authenticator {}
#endif
