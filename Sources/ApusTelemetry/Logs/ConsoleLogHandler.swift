// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import Logging

/// Writes each event as a line for a person at a terminal: local time, level, message, fields sorted by name, logger.
///
/// ```
/// 19:49:44.123 INFO  order placed  order=17 request_id=4bf9…  (orders)
/// ```
///
/// The rules for metadata are those of ``JSONLogHandler``. Control characters are escaped, so that nobody can forge a
/// line or steer the terminal. Colours as the ``LogOutput`` says.
public struct ConsoleLogHandler: LogHandler {
    private let label: String
    private let output: LogOutput
    private var ownLevel: Logger.Level?

    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// More metadata for each line.
    public var metadataProvider: Logger.MetadataProvider?

    /// - Parameters:
    ///   - label: the logger's name.
    ///   - output: where lines go, and the level and clock shared with other loggers.
    ///   - metadataProvider: more metadata for each line; none by default.
    public init(label: String, output: LogOutput, metadataProvider: Logger.MetadataProvider? = nil) {
        self.label = label
        self.output = output
        self.metadataProvider = metadataProvider
    }

    /// One field of what every line of this logger carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The level of this logger: the output's, unless it is set here.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.level.level }
        set { ownLevel = newValue }
    }

    /// Renders the line and hands it to the sink; never blocks on the stream.
    public func log(event: LogEvent) {
        let fields = sortedFields(of: event)
        LineBuffer.compose(to: output.sink, urgent: event.level.isUrgent) { line in
            let now = output.now
            let local = now.seconds + now.localOffset
            dim(&line) { $0.append(secondOfDay: (local % 86_400 + 86_400) % 86_400, milliseconds: now.milliseconds) }
            line.append(" ")
            appendLevel(event.level, to: &line)
            line.append(" ")
            line.append(event.message.description, escaping: .controls)
            if !fields.isEmpty { line.append(" ") }
            for (key, value) in fields {
                guard line.remaining > 0 else {
                    line.append(" …")
                    break
                }
                line.append(" ")
                dim(&line) {
                    $0.append(key, escaping: .controls)
                    $0.append("=")
                }
                Self.append(value, to: &line)
            }
            line.append("  ")
            dim(&line) {
                $0.append("(")
                $0.append(label, escaping: .controls)
                $0.append(")")
            }
            line.append("\n")
        }
    }

    private func sortedFields(of event: LogEvent) -> [(key: String, value: String)] {
        let merged = LogFields(logger: metadata, provider: metadataProvider, event: event.metadata)
        var fields: [(key: String, value: String)] = []
        var known: KnownKeys = []
        func add(_ key: String, _ value: Logger.MetadataValue) {
            known.formUnion(KnownKeys(key: key))
            fields.append((event.error != nil && key == "error" ? "fields.error" : key, value.description))
        }
        for (key, value) in merged.logger where !merged.overridesLogger(key) { add(key, value) }
        for (key, value) in merged.provided ?? [:] where !merged.overridesProvided(key) { add(key, value) }
        for (key, value) in merged.event ?? [:] { add(key, value) }
        if let context = CallContext.current {
            if !known.contains(.requestID), let id = context.requestID { fields.append(("request_id", id.description)) }
            if !known.contains(.traceID), let trace = context.trace { fields.append(("trace_id", trace.traceID)) }
        }
        if let error = event.error { fields.append(("error", "\(error)")) }
        fields.sort { $0.key < $1.key }
        return fields
    }

    private static func append(_ value: String, to line: inout LineBuffer) {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        if isPlain { line.append(value, escaping: .controls) } else { line.append(quoted: value) }
    }

    // MARK: Colours

    private func dim(_ line: inout LineBuffer, _ body: (inout LineBuffer) -> Void) {
        if output.isColored { line.append("\u{1B}[2m") }
        body(&line)
        if output.isColored { line.append("\u{1B}[0m") }
    }

    private func appendLevel(_ level: Logger.Level, to line: inout LineBuffer) {
        let (color, name): (StaticString, StaticString) =
            switch level {
            case .trace: ("\u{1B}[90m", "TRACE")
            case .debug: ("\u{1B}[36m", "DEBUG")
            case .info: ("\u{1B}[32m", "INFO ")
            case .notice: ("\u{1B}[34m", "NOTE ")
            case .warning: ("\u{1B}[33m", "WARN ")
            case .error: ("\u{1B}[31m", "ERROR")
            case .critical: ("\u{1B}[1;31m", "CRIT ")
            }
        if output.isColored { line.append(color) }
        line.append(name)
        if output.isColored { line.append("\u{1B}[0m") }
    }
}
