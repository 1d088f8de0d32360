// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The arrival times of a bounded number of keys, which are hashes.
///
/// A hash table with linear probing, since the keys are spread already: a decision reads one or two lines of memory. It
/// grows by doubling when three quarters are filled, to at most four thirds of its capacity: 21 to 43 bytes a key, 21 when
/// it is full.
///
/// A new key first looks at a few others from a hand that goes round: expired ones there are removed, so the table holds
/// hardly more than the keys that are alive. If the table is full and none of them has expired, the one closest to its
/// expiry goes, which is the one that forgetting favours least. All of it costs O(1), and a flood of new keys wears out
/// its own kind before it reaches a key that has used up its burst.
struct RateTable: Sendable {
    /// A key of 0 marks an empty slot.
    private struct Slot {
        var key: UInt64 = 0
        var arrival: Int64 = 0
    }

    private static let sample = 8

    private let capacity: Int
    private var slots: [Slot]
    private var hand = 0
    private(set) var count = 0
    var allowed: UInt64 = 0
    var limited: UInt64 = 0
    /// Keys that had to go before they expired.
    private(set) var evicted: UInt64 = 0

    /// The memory of the keys, in bytes.
    var bytes: Int { slots.count * MemoryLayout<Slot>.stride }

    init(capacity: Int) {
        self.capacity = capacity
        slots = Array(repeating: Slot(), count: min(16, Self.size(for: capacity)))
    }

    mutating func decide(_ key: UInt64, cost: UInt32, by rule: GCRA, now: Instant) -> RateDecision {
        let key = Self.name(of: key)
        let place = find(key)
        let decision: RateDecision
        if slots[place].key == key {
            decision = rule.decide(arrival: &slots[place].arrival, cost: cost, now: now)
        } else {
            var arrival = now.nanoseconds
            decision = rule.decide(arrival: &arrival, cost: cost, now: now)
            // What took nothing need not be remembered.
            if arrival > now.nanoseconds { insert(Slot(key: key, arrival: arrival), now: now.nanoseconds) }
        }
        if decision.isAllowed { allowed += 1 } else { limited += 1 }
        return decision
    }

    /// The arrival time of a key; nil if it isn't remembered.
    func arrival(of key: UInt64) -> Int64? {
        let key = Self.name(of: key)
        let slot = slots[find(key)]
        return slot.key == key ? slot.arrival : nil
    }

    /// Remembers the arrival time of a key, if it isn't past.
    mutating func store(_ arrival: Int64, of key: UInt64, now: Int64) {
        let key = Self.name(of: key)
        let place = find(key)
        if slots[place].key == key {
            slots[place].arrival = arrival
        } else if arrival > now {
            insert(Slot(key: key, arrival: arrival), now: now)
        }
    }

    private static func name(of key: UInt64) -> UInt64 { key == 0 ? 1 : key }

    /// Where the key is, or the empty slot at which it is missed. There always is one.
    private func find(_ key: UInt64) -> Int {
        var place = home(of: key)
        while slots[place].key != 0, slots[place].key != key { place = next(after: place) }
        return place
    }

    /// Where the search for a key begins: its lower half as a fraction of the table.
    private func home(of key: UInt64) -> Int {
        Int(truncatingIfNeeded: ((key & 0xFFFF_FFFF) &* UInt64(truncatingIfNeeded: slots.count)) >> 32)
    }

    private func next(after place: Int) -> Int { place + 1 < slots.count ? place + 1 : 0 }

    private func distance(from start: Int, to end: Int) -> Int {
        end >= start ? end - start : end + slots.count - start
    }

    private static func size(for keys: Int) -> Int { keys + keys / 3 + 2 }

    private mutating func insert(_ slot: Slot, now: Int64) {
        makeRoom(now: now)
        if (count + 1) * 4 > slots.count * 3 { grow() }
        slots[find(slot.key)] = slot
        count += 1
    }

    /// Removes what has expired among a few keys, or one of them if the table is full.
    private mutating func makeRoom(now: Int64) {
        var oldest: (key: UInt64, arrival: Int64)?
        var seen = 0
        var steps = 0
        while seen < Self.sample, steps < Self.sample * 8, count > 0 {
            steps += 1
            let slot = slots[hand]
            if slot.key == 0 {
                hand = next(after: hand)
                continue
            }
            seen += 1
            if slot.arrival <= now {
                remove(at: hand)
                continue
            }
            if oldest.map({ slot.arrival < $0.arrival }) ?? true { oldest = (slot.key, slot.arrival) }
            hand = next(after: hand)
        }
        guard count >= capacity else { return }
        evicted += 1
        if let oldest {
            remove(at: find(oldest.key))
        } else {
            // Nothing but empty slots within reach: the next one that isn't.
            while slots[hand].key == 0 { hand = next(after: hand) }
            remove(at: hand)
        }
    }

    /// Empties a slot and moves back those behind it that it had pushed away, so that no probe stops too early.
    private mutating func remove(at place: Int) {
        var hole = place
        var other = next(after: hole)
        while slots[other].key != 0 {
            let home = home(of: slots[other].key)
            if distance(from: home, to: other) >= distance(from: hole, to: other) {
                slots[hole] = slots[other]
                hole = other
            }
            other = next(after: other)
        }
        slots[hole] = Slot()
        count -= 1
    }

    private mutating func grow() {
        let size = min(slots.count * 2, Self.size(for: capacity))
        guard size > slots.count else { return }
        let old = slots
        slots = Array(repeating: Slot(), count: size)
        hand = 0
        for slot in old where slot.key != 0 { slots[find(slot.key)] = slot }
    }
}
