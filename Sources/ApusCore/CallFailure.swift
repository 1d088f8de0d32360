// SPDX-License-Identifier: Apache-2.0

/// Why a call between services did not give its result.
///
/// One type for every layer, from the breaker to the socket, so that a rejection costs no allocation and the caller reads
/// one set of codes. Mapped to `application/problem+json` in one place (`Problem.init(_: CallFailure)` in ApusContract).
public struct CallFailure: Error, Sendable {
    /// The kind of failure. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name that problem documents, logs and metrics show.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// No instance of the service is known or usable.
        public static let noInstance = Code("no_instance")
        /// No connection could be made.
        public static let connectFailed = Code("connect_failed")
        /// The connection ended before the answer was complete.
        public static let connectionLost = Code("connection_lost")
        /// The deadline passed.
        public static let deadlineExceeded = Code("deadline_exceeded")
        /// The caller went away or cancelled its task. Neither success nor failure of the peer.
        public static let cancelled = Code("cancelled")
        /// The circuit breaker rejects calls.
        public static let breakerOpen = Code("breaker_open")
        /// A limit of this process rejects the call: rate, concurrency, queue or pool.
        public static let overloaded = Code("overloaded")
        /// The peer answered something that is not what the contract says.
        public static let invalidResponse = Code("invalid_response")
        /// The peer answered with an error status that the contract doesn't declare.
        public static let unexpectedStatus = Code("unexpected_status")
    }

    /// How far the call got.
    public enum Stage: String, Sendable {
        /// Before a connection was asked for: discovery, balancing, breaker, limits.
        case admission
        case connect
        /// The request was being sent.
        case request
        /// The request was sent, the response is not complete.
        case response
    }

    /// What kind of failure it is.
    public var code: Code
    /// A sentence for a person. Holds no secret and no payload.
    public var message: String
    public var stage: Stage
    /// The service that was called, if known.
    public var service: String?
    /// The HTTP status that the peer answered, if it did.
    public var status: Int?
    /// Attempts made, this one included.
    public var attempts: Int
    /// When it is worth to try again.
    public var retryAfter: Duration?
    /// Whether the peer may have seen the request: false means that it may be sent again, whatever it does.
    public var mayHaveReachedPeer: Bool

    public init(
        _ code: Code, _ message: String, stage: Stage, service: String? = nil, status: Int? = nil, attempts: Int = 1,
        retryAfter: Duration? = nil, mayHaveReachedPeer: Bool
    ) {
        self.code = code
        self.message = message
        self.stage = stage
        self.service = service
        self.status = status
        self.attempts = attempts
        self.retryAfter = retryAfter
        self.mayHaveReachedPeer = mayHaveReachedPeer
    }
}

extension CallFailure: CustomStringConvertible {
    public var description: String {
        "\(code) at \(stage.rawValue)\(service.map { " calling \($0)" } ?? ""): \(message)"
    }
}
