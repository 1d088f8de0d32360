// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A table bounded by weight, with expiry and W-TinyLFU eviction.
///
/// A new entry comes into the *window*, a small LRU list. What falls out of it must be asked for more often than the entry
/// that would have to go for it, by the count of a ``FrequencySketch``; who loses goes. Winners are on *probation*; asked
/// for again, they are *protected*, up to four fifths of the main part. So a burst finds its place in the window, what is
/// popular stays, and a scan passes through without taking anything along. A ``WindowClimber`` fits the window to the
/// requests.
///
/// Expired entries give way first; each insertion looks at two places for such, so that they don't fill the table.
///
/// Sources: as for `FrequencySketch` and `WindowClimber`.
@usableFromInline
struct TinyLFUStore<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The ends of the lists stand at these places.
    @usableFromInline static var window: Int { 0 }
    @usableFromInline static var probation: Int { 1 }
    @usableFromInline static var protected: Int { 2 }

    /// The sum of weights at most.
    @usableFromInline let capacity: Int
    @usableFromInline var positions: [HashedKey<Key>: Int] = [:]
    // A column for each property: a hit touches the entry and the value, and nothing generic is copied as a whole.
    @usableFromInline var keys: [HashedKey<Key>?] = [nil, nil, nil]
    @usableFromInline var values: [Value?] = [nil, nil, nil]
    @usableFromInline var entries: [CacheEntry] = [
        CacheEntry(at: 0, in: .window), CacheEntry(at: 1, in: .probation), CacheEntry(at: 2, in: .protected),
    ]
    @usableFromInline var free: [Int] = []
    @usableFromInline var tags = TagIndex()
    @usableFromInline var sketch: FrequencySketch
    @usableFromInline var climber: WindowClimber
    @usableFromInline var isAdaptive: Bool
    /// The sum of all weights, and of those in two of the lists.
    @usableFromInline var weight = 0
    @usableFromInline var windowWeight = 0
    @usableFromInline var protectedWeight = 0
    @usableFromInline var windowMaximum: Int
    @usableFromInline var protectedMaximum: Int
    /// Where the search for expired entries goes on.
    @usableFromInline var broom = 3
    @usableFromInline var losses = CacheLosses()

    /// An empty table.
    ///
    /// - Parameters:
    ///   - capacity: the sum of weights at most; the number of entries, if each weighs 1.
    ///   - isAdaptive: whether the window is fitted to the requests; it is 1 % of the capacity otherwise.
    @inlinable
    init(capacity: Int, isAdaptive: Bool = true) {
        self.capacity = capacity
        self.isAdaptive = isAdaptive
        sketch = FrequencySketch(entries: min(capacity, 16_384))
        climber = WindowClimber(capacity: capacity)
        windowMaximum = max(1, capacity / 100)
        protectedMaximum = (capacity - windowMaximum) / 5 * 4
    }

    @inlinable var count: Int { positions.count }

    /// What is under `key` now; this counts as a use of it.
    @inlinable
    mutating func lookUp(_ key: HashedKey<Key>, now: Instant) -> CacheLookup<Value> {
        guard let position = positions[key], let value = values[position] else { return .missing }
        let times = entries[position].times
        if now < times.expires {
            use(position, key.hash)
            return now < times.nextLoad ? .hit(value) : .due(value)
        }
        if now < times.keptUntil { return .stale(value, times) }
        remove(at: position, key)
        losses.expired &+= 1
        return .missing
    }

    /// The value and times under `key`, however old; not a use of it.
    @inlinable
    func peek(_ key: HashedKey<Key>) -> (value: Value, times: EntryTimes)? {
        guard let position = positions[key], let value = values[position] else { return nil }
        return (value, entries[position].times)
    }

    /// Stores or replaces. What weighs more than the capacity or less than nothing, or has too many tags, isn't
    /// stored.
    @inlinable
    mutating func set(
        _ key: HashedKey<Key>, _ value: Value, weight: Int = 1, times: EntryTimes, tags newTags: [String] = [],
        now: Instant
    ) {
        guard (0...capacity).contains(weight), newTags.count <= CachePolicy.maximumTags else {
            remove(key)
            losses.oversized &+= 1
            return
        }
        if let position = positions[key] {
            let change = weight - entries[position].weight
            add(change, to: entries[position].segment)
            entries[position].weight = weight
            entries[position].times = times
            values[position] = value
            tags.set(newTags, at: position)
            use(position, key.hash)
        } else {
            insert(key, value, weight, times, newTags)
            sweep(2, now: now)
        }
        makeRoom(now: now)
    }

    /// Puts off the next load of `key`, if it is there.
    @inlinable
    mutating func postponeLoad(of key: HashedKey<Key>, until next: Instant) {
        if let position = positions[key] { entries[position].times.nextLoad = next }
    }

    /// Removes what is under `key`; false if nothing was.
    @inlinable
    @discardableResult
    mutating func remove(_ key: HashedKey<Key>) -> Bool {
        guard let position = positions[key] else { return false }
        remove(at: position, key)
        return true
    }

    /// Removes what was stored with this tag, and says how many that were.
    @inlinable
    mutating func removeAll(tagged tag: String) -> Int {
        let tagged = tags.positions(of: tag)
        for position in tagged {
            if let key = keys[position] { remove(at: position, key) }
        }
        return tagged.count
    }

    /// Removes everything but what is known of the requests.
    @inlinable
    mutating func removeAll() {
        positions = [:]
        keys = [nil, nil, nil]
        values = [nil, nil, nil]
        entries = [
            CacheEntry(at: 0, in: .window), CacheEntry(at: 1, in: .probation), CacheEntry(at: 2, in: .protected),
        ]
        free = []
        tags = TagIndex()
        (weight, windowWeight, protectedWeight, broom) = (0, 0, 0, 3)
    }
}
