// SPDX-License-Identifier: Apache-2.0

/// Where the reader of one file leaves what it finds wrong, so that the file's author learns of everything at once.
///
/// For one reader on one thread.
public final class ProblemCollector {
    /// The file's name as messages show it.
    public let file: String
    private var problems: [FileProblem] = []
    /// Every key that was asked for, with its section (`services.*.endpoints`): what the file's document must describe.
    public private(set) var keys: Set<String> = []

    /// An empty collection of problems with the file of this name.
    public init(file: String) {
        self.file = file
    }

    /// Whether the file can't be used.
    public var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// The problems in the order of the file.
    public var sorted: [FileProblem] {
        problems.enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
        }.map(\.element)
    }

    /// Notes what makes the file unusable. Without a place it stands at the file's beginning.
    public func error(_ message: String, at place: FilePlace?) {
        add(.error, message, place)
    }

    /// Notes what surely isn't meant so, but does no harm.
    public func warning(_ message: String, at place: FilePlace?) {
        add(.warning, message, place)
    }

    func asked(for key: String) {
        keys.insert(key)
    }

    private func add(_ severity: FileProblem.Severity, _ message: String, _ place: FilePlace?) {
        problems.append(
            FileProblem(severity, file: file, line: place?.line ?? 1, column: place?.column ?? 1, message: message))
    }
}
