// SPDX-License-Identifier: Apache-2.0

/// Every problem of a gateway file, in the order of the file: what is thrown when a file is refused.
public struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    /// Errors and warnings, by line and column.
    public let problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
