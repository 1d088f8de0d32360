// SPDX-License-Identifier: Apache-2.0
/// A channel of a queue at one moment.
public struct QueueStatistics: Sendable, Hashable {
    /// Messages that wait, those not yet due and those behind another of their ordering key included.
    public var waiting = 0
    /// Messages in the hand of workers.
    public var inHand = 0
    public var dead = 0
    /// The age of the oldest message that waits or is in hand; nil without any, or where the store can't tell.
    public var oldestAge: Duration?

    public init() {}

    /// All that isn't finished.
    public var depth: Int { waiting + inHand }
}
