// SPDX-License-Identifier: Apache-2.0
public import Logging

/// What all loggers of a process share: the sink, the level, the format, the service's name and the clock.
///
/// Made by ``LogConfiguration/bootstrap(metadataProvider:)`` or ``LogConfiguration/makeOutput()``. Keep it to change
/// the level while the process runs and to flush before it ends.
public final class LogOutput: Sendable {
    /// Where lines go.
    public let sink: LogSink
    /// The level from which lines are written; may be changed at any time.
    public let level: LogLevelBox
    /// Every JSON line shows its name as `service`, unless that is empty, and its attributes, if any, in `resource`.
    public let resource: TelemetryResource
    /// The format in force; never `.auto`.
    public let format: LogFormat
    /// Whether console lines are coloured.
    public let isColored: Bool
    private let clock: @Sendable () -> WallTime

    /// An output to any target, for tests and special streams.
    ///
    /// - Parameters:
    ///   - target: where lines go.
    ///   - resource: what JSON lines say of the process.
    ///   - format: `.auto` means JSON here, for a target is no terminal.
    ///   - level: the level from which lines are written, `info` by default.
    ///   - isColored: whether console lines are coloured; not, by default.
    ///   - capacity: the most bytes that wait for the target, 1 MiB by default.
    ///   - clock: the time that lines show; the machine's by default.
    public init(
        target: some LogTarget, resource: TelemetryResource, format: LogFormat = .json, level: Logger.Level = .info,
        isColored: Bool = false, capacity: Int = 1 << 20, clock: @escaping @Sendable () -> WallTime = { .now }
    ) {
        let format = format == .auto ? .json : format
        self.level = LogLevelBox(level)
        self.resource = resource
        self.format = format
        self.isColored = isColored
        self.clock = clock
        sink = LogSink(target: target, capacity: capacity) { lost in
            Self.announcement(of: lost, service: resource.service, format: format, isColored: isColored, clock: clock)
        }
    }

    /// An output of a process of which JSON lines say nothing but the service's name; empty for none.
    public convenience init(
        target: some LogTarget, service: String, format: LogFormat = .json, level: Logger.Level = .info,
        isColored: Bool = false, capacity: Int = 1 << 20, clock: @escaping @Sendable () -> WallTime = { .now }
    ) {
        self.init(
            target: target, resource: TelemetryResource(service: service), format: format, level: level,
            isColored: isColored, capacity: capacity, clock: clock)
    }

    /// The time that a line shows.
    var now: WallTime { clock() }

    /// A log handler in this output's format.
    public func handler(label: String, metadataProvider: Logger.MetadataProvider? = nil) -> any LogHandler {
        switch format {
        case .json, .auto: JSONLogHandler(label: label, output: self, metadataProvider: metadataProvider)
        case .console: ConsoleLogHandler(label: label, output: self, metadataProvider: metadataProvider)
        }
    }

    /// A logger that writes here, whatever the process's logging system was bootstrapped with.
    public func logger(label: String) -> Logger {
        Logger(label: label) { handler(label: $0) }
    }

    /// Blocks until what was logged so far is written, for at most `limit`; for the end of a process.
    ///
    /// - Returns: false if the time was over first.
    @discardableResult
    public func flush(within limit: Duration = .seconds(1)) -> Bool {
        sink.flush(within: limit)
    }

    private static func announcement(
        of lost: Int, service: String, format: LogFormat, isColored: Bool, clock: () -> WallTime
    ) -> String {
        withUnsafeTemporaryAllocation(byteCount: LineBuffer.stackBytes, alignment: 8) { storage in
            var line = LineBuffer(borrowing: storage)
            let now = clock()
            if format == .console {
                if isColored { line.append("\u{1B}[33m") }
                line.append(rfc3339: now)
                line.append(" WARN  log lines were dropped  dropped=")
                line.append(decimal: Int64(lost))
                line.append("  (apus.log)")
                if isColored { line.append("\u{1B}[0m") }
            } else {
                line.append("{\"time\":\"")
                line.append(rfc3339: now)
                line.append("\",\"level\":\"warning\",\"message\":\"log lines were dropped\",\"logger\":\"apus.log\"")
                if !service.isEmpty {
                    line.append(",\"service\":")
                    line.append(quoted: service)
                }
                line.append(",\"dropped\":")
                line.append(decimal: Int64(lost))
                line.append("}")
            }
            line.append("\n")
            return line.withBytes { String(decoding: $0, as: UTF8.self) }
        }
    }
}
