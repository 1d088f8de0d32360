// SPDX-License-Identifier: Apache-2.0

/// Every problem with a program's settings, found in one reading.
public struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// In the order in which they were found; never empty.
    public let problems: [SettingsProblem]

    /// What a program that meets this exits with.
    public static let exitStatus: Int32 = 2

    public init(problems: [SettingsProblem]) {
        self.problems = problems
    }

    public var description: String {
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        return (["the settings have \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
