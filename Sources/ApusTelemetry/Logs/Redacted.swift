// SPDX-License-Identifier: Apache-2.0

/// A value that no log, error or dump shows: a password, a token, a key.
///
/// Every way of turning it into text gives `[redacted]`, reflection included; only ``value`` gives it away, which is
/// easy to search for.
public struct Redacted<Value> {
    /// What is hidden.
    public let value: Value

    /// Hides `value`.
    public init(_ value: Value) {
        self.value = value
    }
}

extension Redacted: Sendable where Value: Sendable {}
extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `[redacted]`.
    public var description: String { "[redacted]" }
    /// `[redacted]`.
    public var debugDescription: String { "[redacted]" }
    /// Without children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
