// SPDX-License-Identifier: Apache-2.0

/// The hosts that a route takes: `api.example.com`, or `*.example.com` for every name below. Case and port don't
/// matter.
public struct HostPattern: Hashable, Sendable, CustomStringConvertible {
    /// The name in lower case, without `*.`.
    public let name: String
    /// Whether it stands for the names below ``name`` rather than for itself.
    public let isWildcard: Bool

    /// Reads a pattern, or returns nil if it is not one.
    public init?(_ text: String) {
        isWildcard = text.hasPrefix("*.")
        name = (isWildcard ? String(text.dropFirst(2)) : text).lowercased()
        guard !name.hasPrefix("."), !name.contains(".."), let (_, port) = HostPort.split(name), port == nil else {
            return nil
        }
    }

    public var description: String { isWildcard ? "*.\(name)" : name }
}
