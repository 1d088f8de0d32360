// SPDX-License-Identifier: Apache-2.0

/// Verifies bearer tokens for routes with `auth`.
///
/// Called on the event loop, so it must neither block nor suspend.
public protocol TokenVerifier: Sendable {
    /// Verifies a token as it stands after `Bearer `.
    ///
    /// - Throws: ``TokenRefusal`` if it is not to be believed.
    func verify(_ token: String) throws(TokenRefusal) -> VerifiedToken
}

/// What a believed token says.
public struct VerifiedToken: Sendable, Hashable {
    /// Whom it names (`sub`).
    public var subject: String?
    public var scopes: Set<String>

    public init(subject: String?, scopes: Set<String>) {
        self.subject = subject
        self.scopes = scopes
    }
}

/// Why a token is not believed, in words for its bearer; holds nothing of the token.
public struct TokenRefusal: Error, Sendable, Hashable {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }
}
