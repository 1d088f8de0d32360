// SPDX-License-Identifier: Apache-2.0

/// A text that must not appear in logs, errors, dumps or debuggers' summaries: a password, a token, a key.
///
/// Its description, debug description and mirror show `••••`, and it is not `Encodable`, so that it can't leak by being
/// part of something that is printed or sent. The text itself is had by asking for it: ``reveal()``.
public struct Secret: Sendable, Hashable {
    /// What stands in the place of a secret wherever one would be shown.
    public static let mask = "••••"

    private let text: String

    /// Keeps `text` from being shown.
    public init(_ text: String) {
        self.text = text
    }

    /// The secret text. Call it where the text is used, and keep the `Secret` everywhere else.
    public func reveal() -> String { text }

    /// Whether the text is empty.
    public var isEmpty: Bool { text.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { Self.mask }
    public var debugDescription: String { Self.mask }
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
