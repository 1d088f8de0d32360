// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A message that will not be tried again by itself.
public struct DeadMessage: Sendable, Hashable {
    public let sequence: Int64
    public let channel: Channel
    public let message: Message
    public let reason: DeadReason
    public let attempts: Int
    public let firstError: String?
    public let lastError: String?
    public let died: Date
}
