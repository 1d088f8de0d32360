// SPDX-License-Identifier: Apache-2.0

/// What a program does besides running, as the first word after its name: `users-service migrate`.
public struct SettingsCommand: Sendable, Hashable {
    /// The word.
    public let name: String
    /// What it does, as `--help` says it.
    public let help: String

    public init(_ name: String, _ help: String) {
        self.name = name
        self.help = help
    }
}
