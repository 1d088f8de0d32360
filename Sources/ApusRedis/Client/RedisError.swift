// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Why a command gave no reply. Holds no password, no key and no value.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name that logs and metrics show.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// No connection could be made.
        public static let connectFailed = Code("connect_failed")
        /// The server refused the user, the password or the database.
        public static let authenticationFailed = Code("authentication_failed")
        /// The connection ended before the reply came.
        public static let connectionLost = Code("connection_lost")
        /// The deadline passed.
        public static let timeout = Code("timeout")
        /// The caller's task was cancelled.
        public static let cancelled = Code("cancelled")
        /// A limit of the client was reached: commands or bytes that wait, dedicated connections.
        public static let overloaded = Code("overloaded")
        /// The server answered an error: see ``RedisError/server``.
        public static let server = Code("server")
        /// The server sent what isn't the Redis protocol, or another reply than the command has.
        public static let invalidReply = Code("invalid_reply")
        /// The command is larger than the client sends.
        public static let tooLarge = Code("too_large")
        /// The command would disturb the others on a shared connection, or its arguments make no sense.
        public static let notAllowed = Code("not_allowed")
        /// The client is shut down.
        public static let closed = Code("closed")
    }

    private struct Fields: Sendable, Hashable {
        var code: Code
        var message: String
        var server: RedisServerError?
        var mayHaveRun: Bool
        var retryAfter: Duration?
    }

    /// Small, since it is what every command may throw.
    private var fields: OutOfLine<Fields>

    /// What kind of failure it is.
    public var code: Code {
        get { fields.value.code }
        set { fields.value.code = newValue }
    }
    /// A sentence for a person.
    public var message: String {
        get { fields.value.message }
        set { fields.value.message = newValue }
    }
    /// What the server answered, with the code ``Code/server`` and ``Code/authenticationFailed``.
    public var server: RedisServerError? {
        get { fields.value.server }
        set { fields.value.server = newValue }
    }
    /// Whether the command may have run: false means that it was never sent, or that the server refused it, and it may
    /// be sent again whatever it does. The client itself never sends one again that may have run.
    public var mayHaveRun: Bool {
        get { fields.value.mayHaveRun }
        set { fields.value.mayHaveRun = newValue }
    }
    /// When it is worth to try again, if that is known.
    public var retryAfter: Duration? {
        get { fields.value.retryAfter }
        set { fields.value.retryAfter = newValue }
    }

    public init(
        _ code: Code, _ message: String, server: RedisServerError? = nil, mayHaveRun: Bool,
        retryAfter: Duration? = nil
    ) {
        fields = OutOfLine(
            Fields(code: code, message: message, server: server, mayHaveRun: mayHaveRun, retryAfter: retryAfter))
    }

    public var description: String { "\(code): \(message)" }
}

extension RedisError: CodedError {
    /// The name of the code; with what the server answered if it is ``Code/server``: `server LOADING`.
    public var codeName: String {
        guard code == .server, let server else { return code.name }
        return "\(code) \(server.code)"
    }
}

extension RedisError {
    static func server(_ error: RedisServerError) -> RedisError {
        // A script may have done something before it failed; these codes are given before anything runs.
        let before: Set<RedisServerError.Code> = [
            .authenticationRequired, .noPermission, .outOfMemory, .readOnly, .loading, .busy, .masterDown, .moved,
            .ask, .clusterDown, .noScript, .misconfigured,
        ]
        return RedisError(
            .server, "Redis answered \(error)", server: error,
            mayHaveRun: !before.contains(error.code) || error.message.contains("script:"))
    }

    static let closed = RedisError(.closed, "the client is shut down", mayHaveRun: false)
    static let lost = RedisError(
        .connectionLost, "the connection to Redis ended before the reply came", mayHaveRun: true)

    static func cancelled(wasSent: Bool) -> RedisError {
        RedisError(.cancelled, "the task was cancelled", mayHaveRun: wasSent)
    }

    static func timeout(wasSent: Bool) -> RedisError {
        RedisError(
            .timeout, wasSent ? "no reply came before the deadline" : "the deadline passed before it could be sent",
            mayHaveRun: wasSent)
    }

    static func unexpected(_ command: String) -> RedisError {
        RedisError(.invalidReply, "\(command) got a reply of an unexpected kind", mayHaveRun: true)
    }
}
