// SPDX-License-Identifier: Apache-2.0

/// What a program prints and exits with instead of running.
public struct SettingsExit: Sendable, Hashable {
    /// For standard output.
    public let output: String
    /// For standard error.
    public let errors: String
    /// The exit status: 0, or 2 if there are problems.
    public let status: Int32
}
