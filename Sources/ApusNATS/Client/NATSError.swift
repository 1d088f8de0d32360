// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Why a request got no answer, or which error it was answered with. Holds no secret and no payload.
public struct NATSError: Error, Sendable, Hashable, CustomStringConvertible {
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
        /// The server refused the user, the password or the token.
        public static let authenticationFailed = Code("authentication_failed")
        /// The connection ended before the answer came.
        public static let connectionLost = Code("connection_lost")
        /// The deadline passed.
        public static let timeout = Code("timeout")
        /// The caller's task was cancelled.
        public static let cancelled = Code("cancelled")
        /// A limit of the client was reached: requests or bytes without an answer.
        public static let overloaded = Code("overloaded")
        /// The message is larger than the client or the server takes.
        public static let tooLarge = Code("too_large")
        /// Nobody listens on the subject: the stream or the consumer that did is gone, or JetStream isn't switched on.
        public static let noResponders = Code("no_responders")
        /// JetStream knows no such stream.
        public static let streamNotFound = Code("stream_not_found")
        /// JetStream knows no such consumer.
        public static let consumerNotFound = Code("consumer_not_found")
        /// The stream has no such message, the bucket no such key.
        public static let notFound = Code("not_found")
        /// The stream is full and keeps what it has.
        public static let full = Code("full")
        /// Another write came before this one, which said what it expected.
        public static let conflict = Code("conflict")
        /// JetStream isn't switched on, or not for this account.
        public static let unavailable = Code("unavailable")
        /// JetStream answered another error; its number is ``NATSError/serverCode``.
        public static let server = Code("server")
        /// The server sent what wasn't expected.
        public static let invalidReply = Code("invalid_reply")
        /// A subject, a header or a name that NATS doesn't allow.
        public static let invalid = Code("invalid")
        /// The client is shut down.
        public static let closed = Code("closed")
    }

    private struct Fields: Sendable, Hashable {
        var code: Code
        var message: String
        var serverCode: Int?
        var mayHaveRun: Bool
        var retryAfter: Duration?
    }

    /// Small, since it is what every request may throw.
    private var fields: OutOfLine<Fields>

    /// What kind of failure it is.
    public var code: Code { fields.value.code }
    /// A sentence for a person.
    public var message: String { fields.value.message }
    /// The number of the error that JetStream answered (`err_code`), if it did.
    public var serverCode: Int? { fields.value.serverCode }
    /// Whether the server may have done what was asked: false means that it was never sent, or refused.
    public var mayHaveRun: Bool { fields.value.mayHaveRun }
    /// When it is worth to try again, if that is known.
    public var retryAfter: Duration? {
        get { fields.value.retryAfter }
        set { fields.value.retryAfter = newValue }
    }

    public init(
        _ code: Code, _ message: String, serverCode: Int? = nil, mayHaveRun: Bool, retryAfter: Duration? = nil
    ) {
        fields = OutOfLine(
            Fields(
                code: code, message: message, serverCode: serverCode, mayHaveRun: mayHaveRun, retryAfter: retryAfter))
    }

    public var description: String { "\(code): \(message)" }
}

extension NATSError {
    static let closed = NATSError(.closed, "the client is shut down", mayHaveRun: false)
    static let lost = NATSError(
        .connectionLost, "the connection to NATS ended before the answer came", mayHaveRun: true)
    static let noResponders = NATSError(.noResponders, "nobody listens on the subject", mayHaveRun: false)

    static func cancelled(wasSent: Bool) -> NATSError {
        NATSError(.cancelled, "the task was cancelled", mayHaveRun: wasSent)
    }

    static func timeout(wasSent: Bool) -> NATSError {
        NATSError(
            .timeout, wasSent ? "no answer came before the deadline" : "the deadline passed before it could be sent",
            mayHaveRun: wasSent)
    }

    static func unexpected(_ what: String) -> NATSError {
        NATSError(.invalidReply, "\(what) got an answer of an unexpected kind", mayHaveRun: true)
    }
}
