// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The one log of a system, on standard error: what the processes write, and what the supervisor has to say.
struct SystemLog: Sendable {
    private let style: LogStyle
    private let writer: LogWriter
    private let numbers: [String: Int]

    init(names: [String], isTerminal: Bool, writer: LogWriter) {
        let all = ["apus"] + names
        style = LogStyle(isTerminal: isTerminal, width: all.map(\.count).max() ?? 0)
        numbers = Dictionary(zip(all, 0...), uniquingKeysWith: { first, _ in first })
        self.writer = writer
    }

    func line(_ text: String, from name: String) {
        writer.write(style.line(text, from: name, number: numbers[name] ?? 0))
    }

    func say(_ text: String) {
        line(text, from: "apus")
    }

    /// Waits until everything is written, at most a second.
    func flush() {
        writer.flush(within: .seconds(1))
    }
}
