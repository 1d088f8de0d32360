// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry

/// The one log of a system: what the processes write, and what the supervisor has to say.
///
/// A terminal that stands still stops nobody: lines wait in a bounded buffer, and what is beyond is dropped and counted.
struct SystemLog: Sendable {
    private let style: LogStyle
    private let sink: LogSink
    private let numbers: [String: Int]

    init(names: [String], isTerminal: Bool, descriptor: Int32) {
        let all = ["apus"] + names
        style = LogStyle(isTerminal: isTerminal, width: all.map(\.count).max() ?? 0)
        numbers = Dictionary(zip(all, 0...), uniquingKeysWith: { first, _ in first })
        sink = LogSink(target: FileDescriptorTarget(descriptor), capacity: 4 << 20)
    }

    func line(_ text: String, from name: String) {
        sink.append(style.line(text, from: name, number: numbers[name] ?? 0))
    }

    func say(_ text: String) {
        line(text, from: "apus")
    }

    /// Waits until everything is written, at most a second.
    func flush() {
        sink.flush(within: .seconds(1))
    }
}
