// SPDX-License-Identifier: Apache-2.0
public import Logging

/// Logs the requests that were answered: a line each, `request`, with `status`, `duration_ms` and `bytes`, the length of
/// the body as far as it is known.
///
/// What is the same for all its requests is the logger's metadata. A ``JSONLogHandler`` writes the line without metadata
/// in between, which would cost as much again; any other handler is given an event as always.
public struct AccessLog: Sendable {
    private let logger: Logger
    private let level: Logger.Level
    private let json: JSONLogHandler?

    /// - Parameters:
    ///   - logger: where the lines go; its level decides whether they do.
    ///   - level: that of the lines.
    public init(_ logger: Logger, level: Logger.Level) {
        self.logger = logger
        self.level = level
        json = (logger.handler as? JSONLogHandler).flatMap { $0.canLogAccess ? $0 : nil }
    }

    /// A request has been answered, after so many nanoseconds.
    public func answered(status: Int, nanoseconds: Int64, bytes: Int) {
        if let json {
            json.logAccess(level, status: status, nanoseconds: nanoseconds, bytes: bytes)
            return
        }
        logger.log(
            level: level, "request",
            metadata: [
                "status": .stringConvertible(status),
                "duration_ms": .stringConvertible(Double(nanoseconds / 1000) / 1000),
                "bytes": .stringConvertible(bytes),
            ])
    }
}
