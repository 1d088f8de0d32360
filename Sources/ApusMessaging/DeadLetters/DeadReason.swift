// SPDX-License-Identifier: Apache-2.0
/// Why a message is dead. New reasons may be added.
public struct DeadReason: Sendable, Hashable, CustomStringConvertible {
    /// The stable name that logs and metrics show.
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    public var description: String { name }

    /// It failed as often as it may.
    public static let attemptsExhausted = DeadReason("attempts_exhausted")
    /// No handler is there for its type.
    public static let unhandled = DeadReason("unhandled")
    /// Its payload isn't what its type says.
    public static let undecodable = DeadReason("undecodable")
    /// The handler, or the service that it was sent to, rejected it.
    public static let rejected = DeadReason("rejected")
    /// It came too late: past its expiry, or older than it may get.
    public static let expired = DeadReason("expired")
}
