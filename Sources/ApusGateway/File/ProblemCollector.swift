// SPDX-License-Identifier: Apache-2.0
import Yams

/// Where the decoder of one file leaves what it finds wrong, so that a reader learns of everything at once.
final class ProblemCollector {
    let file: String
    private(set) var problems: [GatewayFileProblem] = []
    /// Every key that the decoder asked for, with its section (`services.*.endpoints`): what the document must
    /// describe.
    private(set) var keys: Set<String> = []

    init(file: String) {
        self.file = file
    }

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// The problems in the order of the file.
    var sorted: [GatewayFileProblem] {
        problems.enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
        }.map(\.element)
    }

    func error(_ message: String, at place: Mark?) {
        add(.error, message, place)
    }

    func warning(_ message: String, at place: Mark?) {
        add(.warning, message, place)
    }

    func asked(for key: String) {
        keys.insert(key)
    }

    private func add(_ severity: GatewayFileProblem.Severity, _ message: String, _ place: Mark?) {
        problems.append(
            GatewayFileProblem(
                severity, file: file, line: place?.line ?? 1, column: place?.column ?? 1, message: message))
    }
}
