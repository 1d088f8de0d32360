// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What a token must say, besides being signed by a known key and having `sub` and `exp`.
public struct TokenRules: Sendable, Hashable {
    /// The exact `iss`. Default nil: any, which is safe only if all keys are one issuer's.
    public var issuer: String?
    /// `aud` must name one of these. Default empty: not looked at, which is safe only if the issuer issues for nobody
    /// else.
    public var audiences: [String]
    /// How far the issuer's clock may differ. Default 30 s, 0 to 60 s.
    public var leeway: Duration
    /// The longest token in bytes. Default 8,192; 64 to 8,192.
    public var maximumBytes: Int

    public init(
        issuer: String? = nil, audiences: [String] = [], leeway: Duration = .seconds(30), maximumBytes: Int = 8_192
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.leeway = leeway
        self.maximumBytes = maximumBytes
    }

    /// Every problem of these rules; empty if they can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(issuer != "", "issuer", "must not be empty")
        problems.require(!audiences.contains(""), "audiences", "must not hold an empty one")
        problems.require(
            leeway >= .zero && leeway <= .seconds(60), "leeway", "must be from 0 to 60 seconds, is \(leeway)")
        problems.require(
            (64...8_192).contains(maximumBytes), "maximumBytes", "must be from 64 to 8192, is \(maximumBytes)")
        return problems
    }
}
