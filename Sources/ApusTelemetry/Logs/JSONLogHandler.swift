// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import Logging

/// Writes each event as one JSON object on one line.
///
/// ```
/// {"time":"2026-11-22T19:49:44.123Z","level":"info","message":"order placed","logger":"orders","service":"orders",
///  "order":17,"request_id":"4bf9…","trace_id":"0af7…","span_id":"b7ad…"}
/// ```
///
/// - `time` is RFC 3339 in UTC with milliseconds, `level` one of swift-log's names, `logger` the logger's label.
/// - Metadata stands at the top level; integers, `Double` and `Bool` given as `.stringConvertible` stay numbers and
///   truth values. Each key appears once: the event's metadata wins over the provider's, and that over the logger's. A
///   key of the line's own, such as `level`, is written as `fields.level`.
/// - `request_id`, `trace_id` and `span_id` come from `CallContext.current` unless metadata names them.
/// - `resource` holds what else the process says of itself (``TelemetryResource``); absent if that is nothing.
/// - `error` is the description of the event's error.
/// - Nothing in a message, key or value can end the line or the string, or steer a terminal: control characters are
///   escaped. A line is cut at 64 KiB of text and then says `"truncated":true`.
///
/// Rendering allocates nothing for lines below 1 KiB; the line is handed to a ``LogSink``, which never blocks.
public struct JSONLogHandler: LogHandler {
    private let output: LogOutput
    /// The fields that are the same on every line of this logger.
    private let identity: [UInt8]
    private var ownLevel: Logger.Level?
    private var carried: Logger.Metadata = [:]
    /// ``carried`` as it stands in a line.
    private var fields = JSONFields()

    /// More metadata for each line.
    public var metadataProvider: Logger.MetadataProvider?

    /// - Parameters:
    ///   - label: the logger's name.
    ///   - output: where lines go, and the service, level and clock shared with other loggers.
    ///   - metadataProvider: more metadata for each line; none by default.
    public init(label: String, output: LogOutput, metadataProvider: Logger.MetadataProvider? = nil) {
        self.output = output
        self.metadataProvider = metadataProvider
        identity = Self.identity(label: label, output.resource)
    }

    /// What every line of this logger carries.
    public var metadata: Logger.Metadata {
        get { carried }
        set {
            carried = newValue
            fields = JSONFields(newValue)
        }
    }

    /// One field of what every line of this logger carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { carried[key] }
        set {
            // A new key only adds to what is rendered.
            let isNew = carried.index(forKey: key) == nil
            carried[key] = newValue
            if let newValue, isNew { fields.add(key, newValue) } else { fields = JSONFields(carried) }
        }
    }

    /// The level of this logger: the output's, unless it is set here.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.level.level }
        set { ownLevel = newValue }
    }

    /// Renders the line and hands it to the sink; never blocks on the stream.
    public func log(event: LogEvent) {
        let merged = LogFields(logger: carried, provider: metadataProvider, event: event.metadata)
        compose(event.level, event.message.description) { line in
            let known = append(merged, eventHasError: event.error != nil, to: &line)
            if let context = CallContext.current { Self.append(context, known, to: &line) }
            if let error = event.error {
                line.append(",\"error\":")
                line.append(quoted: "\(error)")
            }
        }
    }

    private func compose(_ level: Logger.Level, _ message: String, _ fields: (inout LineBuffer) -> Void) {
        LineBuffer.compose(to: output.sink, urgent: level.isUrgent) { line in
            line.append("{\"time\":\"")
            line.append(rfc3339: output.now)
            line.append("\",\"level\":\"")
            line.append(level.name)
            line.append("\",\"message\":")
            line.append(quoted: message)
            line.append(identity)
            fields(&line)
            if line.isCut { line.append(",\"truncated\":true") }
            line.append("}\n")
        }
    }

    // MARK: The access log

    /// Whether ``logAccess(_:status:nanoseconds:bytes:)`` may write lines: nothing else in them has its fields' names.
    var canLogAccess: Bool {
        fields.isFixed && metadataProvider == nil
            && ["status", "duration_ms", "bytes"].allSatisfy { carried[$0] == nil }
    }

    /// The line of a request that was answered, as ``log(event:)`` writes it.
    func logAccess(_ level: Logger.Level, status: Int, nanoseconds: Int64, bytes: Int) {
        guard level >= logLevel else { return }
        compose(level, "request") { line in
            line.append(fields.bytes)
            line.append(",\"status\":")
            line.append(decimal: Int64(status))
            line.append(",\"duration_ms\":")
            line.append(milliseconds: nanoseconds)
            line.append(",\"bytes\":")
            line.append(decimal: Int64(bytes))
            if let context = CallContext.current { Self.append(context, fields.known, to: &line) }
        }
    }

    private func append(_ merged: LogFields, eventHasError: Bool, to line: inout LineBuffer) -> KnownKeys {
        var known: KnownKeys = []
        if fields.isFixed, !(eventHasError && fields.known.contains(.reservedWithError)), !merged.overridesLogger {
            line.append(fields.bytes)
            known = fields.known
        } else {
            for (key, value) in merged.logger where !merged.overridesLogger(key) {
                known.formUnion(line.append(field: key, value, eventHasError: eventHasError))
            }
        }
        if let provided = merged.provided {
            for (key, value) in provided where !merged.overridesProvided(key) {
                known.formUnion(line.append(field: key, value, eventHasError: eventHasError))
            }
        }
        if let event = merged.event {
            for (key, value) in event {
                known.formUnion(line.append(field: key, value, eventHasError: eventHasError))
            }
        }
        return known
    }

    private static func append(_ context: CallContext, _ known: KnownKeys, to line: inout LineBuffer) {
        if !known.contains(.requestID), let requestID = context.requestID {
            line.append(",\"request_id\":\"")
            if let bits = requestID.bits {
                line.append(hexadecimal: bits.high)
                line.append(hexadecimal: bits.low)
            } else {
                // Its characters are those that need no escape.
                line.append(requestID.description, escaping: .json)
            }
            line.append(UInt8(ascii: "\""))
        }
        guard let trace = context.trace else { return }
        if !known.contains(.traceID) {
            line.append(",\"trace_id\":\"")
            line.append(hexadecimal: trace.traceIDHigh)
            line.append(hexadecimal: trace.traceIDLow)
            line.append(UInt8(ascii: "\""))
        }
        if !known.contains(.spanID) {
            line.append(",\"span_id\":\"")
            line.append(hexadecimal: trace.spanID)
            line.append(UInt8(ascii: "\""))
        }
    }

    private static func identity(label: String, _ resource: TelemetryResource) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: LineBuffer.stackBytes, alignment: 8) { storage in
            var line = LineBuffer(borrowing: storage, limit: LineBuffer.standardLimit / 4)
            line.append(",\"logger\":")
            line.append(quoted: label)
            if !resource.service.isEmpty {
                line.append(",\"service\":")
                line.append(quoted: resource.service)
            }
            for (index, attribute) in resource.attributes.enumerated() {
                line.append(index == 0 ? ",\"resource\":{" : ",")
                line.append(quoted: attribute.key)
                line.append(":")
                line.append(quoted: attribute.value)
            }
            if !resource.attributes.isEmpty { line.append("}") }
            return line.withBytes { Array($0) }
        }
    }
}
