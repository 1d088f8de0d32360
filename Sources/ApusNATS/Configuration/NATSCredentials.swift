// SPDX-License-Identifier: Apache-2.0

/// Who a client is. Its secret is never printed: neither by `print` nor by `dump`.
public struct NATSCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The name of a user; nil for the server's one token.
    public let user: String?
    /// The user's password, or the token.
    let secret: String

    /// A user with a password.
    public init(user: String, password: String) {
        self.user = user
        secret = password
    }

    /// The token that the server was configured with.
    public init(token: String) {
        user = nil
        secret = token
    }

    public var description: String { user.map { "\($0):***" } ?? "***" }

    /// What `dump` shows: no secret.
    public var customMirror: Mirror { Mirror(self, children: ["user": user ?? "", "secret": "***"]) }
}
