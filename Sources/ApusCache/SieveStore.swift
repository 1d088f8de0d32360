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
    @usableFromInline
    struct Node: Sendable {
        @usableFromInline var key: HashedKey<Key>
        @usableFromInline var value: Value
        @usableFromInline var expires: Instant
        @usableFromInline var isVisited: Bool
        /// Towards the newest; -1 at its end.
        @usableFromInline var newer: Int
        /// Towards the oldest; -1 at its end.
        @usableFromInline var older: Int

        @inlinable
        init(key: HashedKey<Key>, value: Value, expires: Instant) {
            self.key = key
            self.value = value
            self.expires = expires
            isVisited = false
            newer = -1
            older = -1
        }
    }

    /// What a lookup found.
    @usableFromInline
    enum Lookup {
        case hit(Value)
        case expired
        case missing
    }

    @usableFromInline let capacity: Int
    @usableFromInline var positions: [HashedKey<Key>: Int] = [:]
    @usableFromInline var nodes: [Node?] = []
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
        guard let expires = nodes[position]?.expires, now < expires, let value = nodes[position]?.value else {
            remove(key)
            return .expired
        }
        nodes[position]?.isVisited = true
        return .hit(value)
    }

    /// Stores or replaces; true if another entry had to go.
    @inlinable
    mutating func set(_ key: HashedKey<Key>, _ value: Value, expires: Instant, now: Instant) -> Bool {
        if let position = positions[key] {
            nodes[position]?.value = value
            nodes[position]?.expires = expires
            nodes[position]?.isVisited = true
            return false
        }
        let isFull = positions.count >= capacity
        if isFull { evict(now: now) }
        let node = Node(key: key, value: value, expires: expires)
        let position: Int
        if let reused = free.popLast() {
            position = reused
            nodes[reused] = node
        } else {
            position = nodes.count
            nodes.append(node)
        }
        positions[key] = position
        nodes[position]?.older = newest
        if newest >= 0 { nodes[newest]?.newer = position } else { oldest = position }
        newest = position
        return isFull
    }

    @inlinable
    mutating func remove(_ key: HashedKey<Key>) {
        guard let position = positions.removeValue(forKey: key), let node = nodes[position] else { return }
        if node.newer >= 0 { nodes[node.newer]?.older = node.older } else { newest = node.older }
        if node.older >= 0 { nodes[node.older]?.newer = node.newer } else { oldest = node.newer }
        if hand == position { hand = node.newer }
        nodes[position] = nil
        free.append(position)
    }

    @inlinable
    mutating func removeAll() {
        positions.removeAll()
        nodes.removeAll()
        free.removeAll()
        newest = -1
        oldest = -1
        hand = -1
    }

    @inlinable
    mutating func evict(now: Instant) {
        var position = hand >= 0 ? hand : oldest
        while position >= 0, let node = nodes[position] {
            if !node.isVisited || node.expires <= now {
                hand = node.newer
                remove(node.key)
                return
            }
            nodes[position]?.isVisited = false
            position = node.newer >= 0 ? node.newer : oldest
        }
    }
}
