// SPDX-License-Identifier: Apache-2.0
/// What becomes of a message that a worker had in hand.
public enum Settlement: Sendable, Hashable {
    /// It is done.
    case done
    /// It failed and is to be tried again after a while.
    case retry(after: Duration, error: String)
    /// It is given back without counting the attempt, as when the process stops.
    case giveBack(after: Duration)
    /// It will not be tried again: kept, with the reason, until someone redrives or drops it.
    case dead(DeadReason, error: String)
}

/// A message that was in hand, and what becomes of it.
public struct SettledDelivery: Sendable {
    /// What was in hand, and its end.
    public let delivery: Delivery
    public let settlement: Settlement

    public init(_ delivery: Delivery, _ settlement: Settlement) {
        self.delivery = delivery
        self.settlement = settlement
    }
}
