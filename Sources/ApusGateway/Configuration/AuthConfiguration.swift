// SPDX-License-Identifier: Apache-2.0

/// The bearer tokens (JWT) that the gateway believes.
public struct AuthConfiguration: Equatable, Sendable {
    /// At least one; a token names its key by `kid`, which may be left out where there is only one.
    public var keys: [AuthKeyConfiguration]
    /// What `iss` must be; nil if it doesn't matter.
    public var issuer: String?
    /// What `aud` must contain; nil if it doesn't matter.
    public var audience: String?
    /// How far clocks may disagree. 30 s by default, at most 60 s.
    public var leeway: Duration

    public init(
        keys: [AuthKeyConfiguration], issuer: String? = nil, audience: String? = nil, leeway: Duration = .seconds(30)
    ) {
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
    }
}

/// One key that verifies tokens, pinned to one algorithm.
public struct AuthKeyConfiguration: Equatable, Sendable {
    /// The tokens' `kid`.
    public var id: String
    /// One of ``algorithms``.
    public var algorithm: String
    /// The shared secret (`HS…`) or the public key in PEM (all others).
    public var material: SecretReference

    /// The algorithms that a key can be pinned to.
    public static let algorithms = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
        "EdDSA",
    ]

    public init(id: String, algorithm: String, material: SecretReference) {
        self.id = id
        self.algorithm = algorithm
        self.material = material
    }
}

/// Where a secret is. The secret itself never stands in a configuration, so that no dump of one can show it.
public enum SecretReference: Hashable, Sendable {
    /// The content of a file, without the line end at its end.
    case file(String)
    /// An environment variable.
    case environment(String)
}
