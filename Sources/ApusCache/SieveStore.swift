// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A bounded table with expiry and SIEVE eviction: entries stand in the order of their insertion, a hit only marks an
/// entry, and a hand that wanders from the oldest to the newest takes the first unmarked or expired one, clearing marks on
/// its way.
///
/// A hit costs one store, scans don't flush what is used, and there is no second list to keep.
///
/// Source: Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024.
@usableFromInline
struct SieveStore<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What a lookup found.
    @usableFromInline
    enum Lookup {
        case hit(Value)
        case expired
        case missing
    }

    @usableFromInline let capacity: Int
    @usableFromInline var positions: [HashedKey<Key>: Int] = [:]
    // A column for each property: a hit touches two numbers and the value, and nothing generic is copied as a whole.
    @usableFromInline var keys: [HashedKey<Key>?] = []
    @usableFromInline var values: [Value?] = []
    @usableFromInline var expiries: [Instant] = []
    @usableFromInline var isVisited: [Bool] = []
    /// The neighbour towards the newest; -1 at its end.
    @usableFromInline var newer: [Int] = []
    /// The neighbour towards the oldest; -1 at its end.
    @usableFromInline var older: [Int] = []
    @usableFromInline var free: [Int] = []
    @usableFromInline var newest = -1
    @usableFromInline var oldest = -1
    @usableFromInline var hand = -1

    @inlinable
    init(capacity: Int) {
        self.capacity = capacity
    }

    @inlinable var count: Int { positions.count }

    /// The value under `key`, marking it; one that expired is removed.
    @inlinable
    mutating func lookUp(_ key: HashedKey<Key>, now: Instant) -> Lookup {
        guard let position = positions[key] else { return .missing }
        guard now < expiries[position], let value = values[position] else {
            remove(key)
            return .expired
        }
        isVisited[position] = true
        return .hit(value)
    }

    /// Stores or replaces; true if another entry had to go.
    @inlinable
    mutating func set(_ key: HashedKey<Key>, _ value: Value, expires: Instant, now: Instant) -> Bool {
        if let position = positions[key] {
            values[position] = value
            expiries[position] = expires
            isVisited[position] = true
            return false
        }
        let isFull = positions.count >= capacity
        if isFull { evict(now: now) }
        let position = makePlace()
        keys[position] = key
        values[position] = value
        expiries[position] = expires
        isVisited[position] = false
        newer[position] = -1
        older[position] = newest
        if newest >= 0 { newer[newest] = position } else { oldest = position }
        newest = position
        positions[key] = position
        return isFull
    }

    @inlinable
    mutating func remove(_ key: HashedKey<Key>) {
        guard let position = positions.removeValue(forKey: key) else { return }
        let (newerOne, olderOne) = (newer[position], older[position])
        if newerOne >= 0 { older[newerOne] = olderOne } else { newest = olderOne }
        if olderOne >= 0 { newer[olderOne] = newerOne } else { oldest = newerOne }
        if hand == position { hand = newerOne }
        keys[position] = nil
        values[position] = nil
        free.append(position)
    }

    @inlinable
    mutating func removeAll() {
        self = SieveStore(capacity: capacity)
    }

    /// Takes away the first entry from the hand on that is unmarked or expired.
    @inlinable
    mutating func evict(now: Instant) {
        var position = hand >= 0 ? hand : oldest
        while position >= 0, let key = keys[position] {
            if !isVisited[position] || expiries[position] <= now {
                hand = newer[position]
                remove(key)
                return
            }
            isVisited[position] = false
            position = newer[position] >= 0 ? newer[position] : oldest
        }
    }

    @inlinable
    mutating func makePlace() -> Int {
        if let reused = free.popLast() { return reused }
        keys.append(nil)
        values.append(nil)
        expiries.append(.distantFuture)
        isVisited.append(false)
        newer.append(-1)
        older.append(-1)
        return keys.count - 1
    }
}
