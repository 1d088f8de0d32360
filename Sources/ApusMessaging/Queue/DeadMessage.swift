// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A message that will not be tried again by itself.
public struct DeadMessage: Sendable, Hashable {
    /// What ``SQLQueue/redrive(_:)`` and ``SQLQueue/drop(_:)`` know it by.
    public let sequence: Int64
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
}
