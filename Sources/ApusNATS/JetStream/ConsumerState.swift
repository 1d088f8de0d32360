// SPDX-License-Identifier: Apache-2.0

/// A consumer at one moment.
public struct ConsumerState: Sendable, Hashable {
    /// Messages that were never delivered.
    public var waiting = 0
    /// Messages that are in hand, or wait for their delay after a negative acknowledgement.
    public var unacknowledged = 0
    /// Pulls that wait for messages.
    public var pulls = 0
    /// All messages up to this number are acknowledged.
    public var acknowledgedSequence: UInt64 = 0
    /// How long a delivered message belongs to whoever pulled it.
    public var lease = Duration.zero

    public init() {}
}
