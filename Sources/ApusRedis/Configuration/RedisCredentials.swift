// SPDX-License-Identifier: Apache-2.0

/// A user and a password. Never printed: neither by `print` nor by `dump`.
public struct RedisCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The name of an ACL user; nil for the server's one password (`requirepass`).
    public var user: String?
    public var password: String

    public init(user: String? = nil, password: String) {
        self.user = user
        self.password = password
    }

    public var description: String { "\(user ?? "default"):***" }

    /// What `dump` shows: no password.
    public var customMirror: Mirror { Mirror(self, children: ["user": user ?? "default", "password": "***"]) }
}
