// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

/// Why a message could not be published, stored, claimed or read.
public struct MessagingError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name that logs and metrics show.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// The queue is full. Nothing was stored.
        public static let overloaded = Code("overloaded")
        /// The message is larger than the queue takes.
        public static let tooLarge = Code("too_large")
        /// The message lacks something or holds something that its form doesn't allow.
        public static let invalid = Code("invalid")
        /// The payload isn't what its type says.
        public static let undecodable = Code("undecodable")
        /// The store failed; ``MessagingError/cause`` says how.
        public static let storage = Code("storage")
        /// The broker or database can't be reached, or doesn't let us in; nothing is known to be stored.
        public static let unavailable = Code("unavailable")
        /// The task was cancelled while it waited for room; nothing was stored.
        public static let cancelled = Code("cancelled")
        /// A use that can't work, such as two handlers for one type.
        public static let misuse = Code("misuse")
    }

    /// What kind of failure it is.
    public var code: Code
    /// A sentence for a person. Holds no payload.
    public var message: String
    /// When it is worth to try again.
    public var retryAfter: Duration?
    /// What the database said, where the queue is stored in one.
    public var cause: DatabaseError?

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil, cause: DatabaseError? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.cause = cause
    }

    init(_ cause: DatabaseError) {
        self.init(.storage, cause.description, cause: cause)
    }

    public var description: String { "\(code): \(message)" }
}
