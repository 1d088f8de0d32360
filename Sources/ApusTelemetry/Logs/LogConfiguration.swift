// SPDX-License-Identifier: Apache-2.0
public import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a process logs.
///
/// ```swift
/// let log = LogConfiguration(service: "orders", level: .info).bootstrap()
/// Logger(label: "orders").info("started")
/// log.level.level = .debug
/// log.flush()
/// ```
public struct LogConfiguration: Sendable {
    /// The name that every JSON line shows as `service`; empty for none.
    public var service: String
    /// What else every JSON line says of the process, in `resource`; nothing by default.
    public var attributes: [TelemetryResource.Attribute] = []
    /// The level from which lines are written; `info` by default.
    public var level: Logger.Level
    /// How lines look; by default for people at a terminal and as JSON elsewhere.
    public var format: LogFormat
    /// Whether console lines are coloured; by default at a terminal.
    public var colors: LogColors
    /// The stream; standard error by default, so that standard output stays the program's.
    public var stream: LogStream
    /// The most bytes that wait for the stream, 1 MiB by default; past that, lines are dropped, counted and announced.
    public var bufferBytes: Int

    /// A configuration; every parameter but the service's name has the default that its property names.
    public init(
        service: String, level: Logger.Level = .info, format: LogFormat = .auto, colors: LogColors = .auto,
        stream: LogStream = .standardError, bufferBytes: Int = 1 << 20
    ) {
        self.service = service
        self.level = level
        self.format = format
        self.colors = colors
        self.stream = stream
        self.bufferBytes = bufferBytes
    }

    /// An output with its own thread, unknown to swift-log.
    public func makeOutput() -> LogOutput {
        let isTerminal = stream.isTerminal
        return LogOutput(
            target: FileDescriptorTarget(stream.descriptor),
            resource: TelemetryResource(service: service, attributes: attributes),
            format: format == .auto ? (isTerminal ? .console : .json) : format, level: level,
            isColored: hasColors(isTerminal: isTerminal), capacity: bufferBytes)
    }

    /// Makes an output and sends every `Logger(label:)` of the process there. Once in a process: swift-log stops the
    /// process on a second call.
    ///
    /// - Parameter metadataProvider: more metadata for each line. Request and trace ids need none.
    public func bootstrap(metadataProvider: Logger.MetadataProvider? = nil) -> LogOutput {
        let output = makeOutput()
        LoggingSystem.bootstrap(
            { label, provider in output.handler(label: label, metadataProvider: provider) },
            metadataProvider: metadataProvider)
        return output
    }

    private func hasColors(isTerminal: Bool) -> Bool {
        switch colors {
        case .always: true
        case .never: false
        case .auto: isTerminal && Self.variable("NO_COLOR").isEmpty && Self.variable("TERM") != "dumb"
        }
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
