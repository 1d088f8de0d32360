// SPDX-License-Identifier: Apache-2.0
public import ApusYAML

/// Every problem of a gateway file, in the order of the file: what is thrown when a file is refused.
public struct GatewayFileProblems: Error, Sendable, CustomStringConvertible {
    /// Errors and warnings, by line and column.
    public let problems: [FileProblem]

    public init(_ problems: [FileProblem]) {
        self.problems = problems
    }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
