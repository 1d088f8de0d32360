// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with the settings: what, where, and what was expected. Shows no secret.
public struct SettingsProblem: Sendable, Hashable, CustomStringConvertible {
    /// The variable, argument or file line that the problem is about.
    public let subject: String
    /// Where the value came from; nil if there is none or the subject says it.
    public let origin: SettingsOrigin?
    /// What is wrong, and what was expected.
    public let message: String

    public init(_ subject: String, origin: SettingsOrigin? = nil, _ message: String) {
        self.subject = subject
        self.origin = origin
        self.message = message
    }

    public var description: String {
        guard let origin else { return "\(subject): \(message)" }
        return "\(subject) (\(origin)): \(message)"
    }
}
