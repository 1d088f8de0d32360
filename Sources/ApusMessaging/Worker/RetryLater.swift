// SPDX-License-Identifier: Apache-2.0
/// Thrown by a handler that knows when the message is worth another try.
public struct RetryLater: Error, Sendable, CustomStringConvertible {
    public let delay: Duration
    /// Whether this counts as an attempt. Without, a handler may put a message off as often as it likes.
    public let countsAttempt: Bool
    public let reason: String

    public init(after delay: Duration, countsAttempt: Bool = true, _ reason: String) {
        self.delay = delay
        self.countsAttempt = countsAttempt
        self.reason = reason
    }

    public var description: String { reason }
}
