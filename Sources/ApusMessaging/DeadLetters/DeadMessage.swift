// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A message that will not be tried again by itself.
public struct DeadMessage: Sendable {
    /// What the store knows it by among the dead of its channel.
    public let position: QueuePosition
    /// Where it was.
    public let channel: Channel
    public let message: Message
    /// Why it is dead, after how many attempts.
    public let reason: DeadReason
    public let attempts: Int
    /// What was thrown at first and at last; nil if it was never tried.
    public let firstError: String?
    public let lastError: String?
    /// When it was given up.
    public let died: Date

    public init(
        position: QueuePosition, channel: Channel, message: Message, reason: DeadReason, attempts: Int,
        firstError: String?, lastError: String?, died: Date
    ) {
        self.position = position
        self.channel = channel
        self.message = message
        self.reason = reason
        self.attempts = attempts
        self.firstError = firstError
        self.lastError = lastError
        self.died = died
    }
}
