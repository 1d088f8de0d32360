// SPDX-License-Identifier: Apache-2.0
/// Thrown by a handler that will never be able to handle the message: it is dead at once, with this reason.
public struct MessageRejected: Error, Sendable, CustomStringConvertible {
    /// Kept with the dead message.
    public let reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { reason }
}
