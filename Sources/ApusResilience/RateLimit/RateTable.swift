// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The arrival times of a bounded number of keys, which are hashes.
///
/// Keys lie in slots. A new key first looks at a few slots from a hand that goes round: an expired key there gives its
/// slot away, so the table holds hardly more than the keys that are alive. If the table is full and none of them has
/// expired, the one closest to its expiry goes, which is the one that forgetting favours least. All of it costs O(1),
/// and a flood of new keys wears out its own kind before it reaches a key that has used up its burst.
struct RateTable: Sendable {
    private struct Slot {
        var key: UInt64
        var arrival: Int64
    }

    private static let sample = 8

    private let capacity: Int
    private var index: [UInt64: Int32] = [:]
    private var slots: [Slot] = []
    private var hand = 0
    private(set) var allowed: UInt64 = 0
    private(set) var limited: UInt64 = 0
    /// Keys that had to go before they expired.
    private(set) var evicted: UInt64 = 0

    var count: Int { slots.count }

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func decide(_ key: UInt64, cost: UInt32, by rule: GCRA, now: Instant) -> RateDecision {
        let decision: RateDecision
        if let slot = index[key] {
            decision = rule.decide(arrival: &slots[Int(slot)].arrival, cost: cost, now: now)
        } else {
            var arrival = now.nanoseconds
            decision = rule.decide(arrival: &arrival, cost: cost, now: now)
            // What took nothing need not be remembered.
            if arrival > now.nanoseconds { insert(Slot(key: key, arrival: arrival), now: now.nanoseconds) }
        }
        if decision.isAllowed { allowed += 1 } else { limited += 1 }
        return decision
    }

    private mutating func insert(_ slot: Slot, now: Int64) {
        guard let place = freePlace(now: now) else {
            index[slot.key] = Int32(slots.count)
            slots.append(slot)
            return
        }
        index[slots[place].key] = nil
        index[slot.key] = Int32(place)
        slots[place] = slot
    }

    /// The slot to reuse, or nil if a new one is to be made.
    private mutating func freePlace(now: Int64) -> Int? {
        var oldest: Int?
        for _ in 0..<min(Self.sample, slots.count) {
            hand = hand + 1 < slots.count ? hand + 1 : 0
            if slots[hand].arrival <= now { return hand }
            if oldest.map({ slots[hand].arrival < slots[$0].arrival }) ?? true { oldest = hand }
        }
        guard slots.count >= capacity else { return nil }
        evicted += 1
        return oldest
    }
}
