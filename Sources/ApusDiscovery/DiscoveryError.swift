// SPDX-License-Identifier: Apache-2.0

/// Why a registration, a look-up or a registry address did not work.
///
/// An empty list of instances is never an error: it is the answer that a service has none.
public struct DiscoveryError: Error, Hashable, Sendable {
    /// The kind of error. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name that problem documents, logs and metrics show.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// The registry's address can't be read.
        public static let invalidAddress = Code("invalid_address")
        /// The registry's address names a kind that this build doesn't serve.
        public static let unsupportedAddress = Code("unsupported_address")
        /// A name, an id, a URL or a duration that the registry doesn't take.
        public static let invalid = Code("invalid")
        /// The registry has no such address.
        public static let notFound = Code("not_found")
        /// A body beyond the limit.
        public static let tooLarge = Code("body_too_large")
        /// The lease is not known (any more): register again.
        public static let leaseUnknown = Code("lease_unknown")
        /// Somebody else registered under the same id since: there are two processes of one id.
        public static let leaseSuperseded = Code("lease_superseded")
        /// A bound is reached: services, instances or waiting watchers.
        public static let overloaded = Code("overloaded")
        /// The events asked for are no longer kept: list again.
        public static let compacted = Code("compacted")
        /// The registry could not be reached or did not answer in time.
        public static let unreachable = Code("unreachable")
        /// The registry answered something that is not what it documents.
        public static let invalidAnswer = Code("invalid_answer")
        /// The registry's file could not be read or written.
        public static let storage = Code("storage")
        /// The name could not be looked up.
        public static let lookupFailed = Code("lookup_failed")
    }

    /// What kind of error it is.
    public var code: Code
    /// A sentence for a person.
    public var message: String
    /// When it is worth to try again.
    public var retryAfter: Duration?

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }
}

extension DiscoveryError: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}
