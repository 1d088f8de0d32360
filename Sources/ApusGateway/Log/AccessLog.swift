// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusTelemetry
import Foundation

/// One JSON object a line for each request, through a sink that never blocks the event loop.
struct AccessLog: Sendable {
    let sink: LogSink

    /// A log to `target`, or nil for none.
    ///
    /// - Throws: ``GatewayStartError`` if a file can't be opened.
    static func open(_ target: AccessLogTarget?) throws(GatewayStartError) -> AccessLog? {
        switch target {
        case nil: return nil
        case .standardOutput: return AccessLog(sink: LogSink(target: FileDescriptorTarget(STDOUT_FILENO)))
        case .standardError: return AccessLog(sink: LogSink(target: FileDescriptorTarget(STDERR_FILENO)))
        case .file(let path):
            let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else {
                throw GatewayStartError("the access log '\(path)' can't be opened: \(String(cString: strerror(errno)))")
            }
            return AccessLog(sink: LogSink(target: FileDescriptorTarget(descriptor)))
        }
    }

    func write(_ exchange: ProxyExchange, status: Int, nanoseconds: Int64) {
        var line = "{\"time\":\""
        line += Self.time(.now)
        line += "\",\"client\":\"\(exchange.sender)\",\"method\":\"\(exchange.head.method.name)\""
        Self.append("target", exchange.head.target, to: &line)
        if let host = exchange.head.headers[.host] { Self.append("host", host, to: &line) }
        line += ",\"status\":\(status),\"durationMs\":\(Double(nanoseconds / 1_000) / 1_000)"
        line += ",\"bytesIn\":\(exchange.receivedBytes),\"bytesOut\":\(exchange.sentBytes)"
        if let route = exchange.route {
            Self.append("route", route.name, to: &line)
            Self.append("service", route.service.name, to: &line)
        }
        if let instance = exchange.instance {
            Self.append("instance", instance.id, to: &line)
            line += ",\"attempts\":\(exchange.attempts)"
        }
        if let failure = exchange.failure {
            line += ",\"code\":\"\(failure.code.name)\",\"stage\":\"\(failure.stage.rawValue)\""
            Self.append("error", failure.message, to: &line)
        }
        if let id = exchange.head.headers[.requestID] { Self.append("request_id", id, to: &line) }
        if let trace = exchange.head.headers[.traceparent] {
            line += ",\"trace_id\":\"\(trace.dropFirst(3).prefix(32))\""
        }
        line += "}\n"
        sink.append(line)
    }

    /// A request that the engine refused.
    func write(_ request: RefusedRequest) {
        var line = "{\"time\":\"\(Self.time(.now))\",\"client\":\"\(request.connection.remoteAddress)\""
        if let head = request.head {
            line += ",\"method\":\"\(head.method.name)\""
            Self.append("target", head.target, to: &line)
        }
        line += ",\"status\":\(request.error.status.code),\"code\":\"\(request.error.code)\""
        Self.append("error", request.error.detail, to: &line)
        line += ",\"request_id\":\"\(request.requestID)\"}\n"
        sink.append(line)
    }

    private static func append(_ key: String, _ value: String, to line: inout String) {
        line += ",\"\(key)\":\""
        JSONText.append(value, to: &line)
        line += "\""
    }

    /// RFC 3339, UTC, milliseconds.
    static func time(_ date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded(.down))
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(day)T\(time).\(padded(Int(milliseconds % 1_000), 3))Z"
    }
}
