// SPDX-License-Identifier: Apache-2.0

/// Something wrong with a configuration file, at a place in it.
///
/// Printed as `file:line:column: message`, the form that editors and terminals turn into a link.
public struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether the file can be used in spite of it.
    public enum Severity: String, Sendable {
        /// The file is refused.
        case error
        /// The file is used; something in it surely isn't meant so.
        case warning
    }

    /// Whether the file is refused for it.
    public var severity: Severity
    /// The file's name as it was given.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column, from 1, in Unicode scalars.
    public var column: Int
    /// What is wrong, what was expected, and what to do. Holds no secret.
    public var message: String

    public init(_ severity: Severity, file: String, line: Int, column: Int, message: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String {
        "\(file):\(line):\(column): \(severity == .warning ? "warning: " : "")\(message)"
    }
}
