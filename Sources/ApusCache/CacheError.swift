// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Why a cache could not do what it was asked. A miss is no error.
public struct CacheError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name that logs and metrics show.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// The cache can't be reached. A caller goes on without it.
        public static let unavailable = Code("unavailable")
        /// A limit of the cache was reached: loads at once, waiters, connections.
        public static let overloaded = Code("overloaded")
        /// The value can't be encoded.
        public static let encoding = Code("encoding")
        /// The deadline passed.
        public static let timeout = Code("timeout")
        /// The cache can't do this at all, such as removing by tag.
        public static let unsupported = Code("unsupported")
        /// The value is larger than the cache takes.
        public static let tooLarge = Code("too_large")
        /// The cache's server has no memory left and may evict nothing.
        public static let full = Code("full")
        /// The cache's server works and says no: the user may not do this, or nothing may be written.
        public static let refused = Code("refused")
    }

    private struct Fields: Sendable {
        var code: Code
        var message: String
        var retryAfter: Duration?
    }

    /// Small, since it is what everything here may throw.
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
    /// When it is worth to try again, if known.
    public var retryAfter: Duration? {
        get { fields.value.retryAfter }
        set { fields.value.retryAfter = newValue }
    }

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        fields = OutOfLine(Fields(code: code, message: message, retryAfter: retryAfter))
    }

    public var description: String { "\(code): \(message)" }
}

extension CacheError: CodedError {
    /// The name of the code.
    public var codeName: String { code.name }
}
