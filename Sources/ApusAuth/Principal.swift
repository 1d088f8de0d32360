// SPDX-License-Identifier: Apache-2.0

/// Who makes a request, as a verified token says.
public struct Principal: Sendable, Hashable {
    /// The `sub` claim.
    public let subject: String
    /// The `iss` claim.
    public let issuer: String?
    /// The `aud` claim.
    public let audiences: [String]
    /// What the token allows: the `scope` claim (separated by spaces), otherwise `scp`.
    public let scopes: Set<String>
    /// The `exp` claim, in seconds since 1970, UTC.
    public let expiresAt: Double
    /// Every claim of the token.
    public let claims: [String: ClaimValue]

    /// Whether the token allows all of `required`; an empty list needs nothing.
    public func has(scopes required: [String]) -> Bool {
        required.allSatisfy(scopes.contains)
    }

    /// - Throws: ``AuthFailure/Code/insufficientScope`` unless the token allows all of `required`.
    public func require(scopes required: [String]) throws(AuthFailure) {
        guard has(scopes: required) else {
            throw AuthFailure(.insufficientScope, "the token lacks a scope", requiredScopes: required)
        }
    }
}
