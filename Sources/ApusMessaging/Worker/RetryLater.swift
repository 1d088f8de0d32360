// SPDX-License-Identifier: Apache-2.0
/// Thrown by a handler that knows when the message is worth another try.
public struct RetryLater: Error, Sendable, CustomStringConvertible {
    /// From now.
    public let delay: Duration
    /// Whether this counts as an attempt. Without, a handler may put a message off as often as it likes.
    public let countsAttempt: Bool
    /// Kept with the message.
    public let reason: String

    /// An attempt that failed, unless `countsAttempt` is false.
    public init(after delay: Duration, countsAttempt: Bool = true, _ reason: String) {
        self.delay = delay
        self.countsAttempt = countsAttempt
        self.reason = reason
    }

    public var description: String { reason }
}
