// SPDX-License-Identifier: Apache-2.0

/// Why a text is not a value of a ``SettingKind``: completes the sentence that begins with the text.
public struct SettingRejection: Error, Sendable, Hashable {
    /// What is wrong: `is not an integer`.
    public let reason: String
    /// What would be right: `0 to 65535`. Nil if the reason says it.
    public let expected: String?

    public init(_ reason: String, expected: String? = nil) {
        self.reason = reason
        self.expected = expected
    }
}
