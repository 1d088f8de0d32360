// SPDX-License-Identifier: Apache-2.0
public import ApusCore

// Which entry stands where, and who has to go.
extension TinyLFUStore {
    /// Notes a hit of the entry at `position`.
    @inlinable
    mutating func use(_ position: Int, _ hash: Int) {
        sketch.increment(hash)
        record(isHit: true)
        switch entries[position].segment {
        case .window: moveToNewest(position, Self.window)
        case .protected: moveToNewest(position, Self.protected)
        case .probation:
            guard entries[position].weight <= protectedMaximum else {
                moveToNewest(position, Self.probation)
                return
            }
            move(position, to: .protected)
            demoteProtected()
        case .free: break
        }
    }

    @inlinable
    mutating func insert(
        _ key: HashedKey<Key>, _ value: Value, _ weight: Int, _ times: EntryTimes, _ newTags: [String]
    ) {
        if positions.count >= sketch.entries { sketch.grow(to: min(capacity, sketch.entries * 2)) }
        sketch.increment(key.hash)
        record(isHit: false)
        let position = makePlace()
        keys[position] = key
        values[position] = value
        entries[position].weight = weight
        entries[position].times = times
        entries[position].segment = .window
        add(weight, to: .window)
        link(position, Self.window)
        positions[key] = position
        if !newTags.isEmpty { tags.set(newTags, at: position) }
    }

    /// Moves what the window can't hold to probation, where each must win against the oldest there, until all fit.
    @inlinable
    mutating func makeRoom(now: Instant) {
        demoteProtected()
        var candidate = Self.probation
        while windowWeight > windowMaximum, entries[Self.window].newer != Self.window {
            let oldest = entries[Self.window].newer
            move(oldest, to: .probation)
            if candidate == Self.probation { candidate = oldest }
        }
        while weight > capacity {
            let victim = oldest()
            guard victim > Self.protected, let victimKey = keys[victim] else { return }
            guard candidate != Self.probation, candidate != victim, let candidateKey = keys[candidate] else {
                candidate = candidate == victim ? entries[victim].newer : candidate
                lose(victim, victimKey, now: now)
                continue
            }
            if isExpired(victim, now) || (!isExpired(candidate, now) && admits(candidateKey.hash, for: victimKey.hash))
            {
                lose(victim, victimKey, now: now)
            } else {
                let next = entries[candidate].newer
                losses.rejected &+= 1
                lose(candidate, candidateKey, now: now)
                candidate = next
            }
        }
    }

    /// Whether a candidate may stay in place of a victim. A tie is the victim's: hashes are seeded anew in each process,
    /// so nobody can make up keys that collide, and no chance is needed against such.
    @inlinable
    func admits(_ candidate: Int, for victim: Int) -> Bool {
        sketch.frequency(candidate) > sketch.frequency(victim)
    }

    /// Removes up to `count` expired entries among the next `count` places.
    @inlinable
    mutating func sweep(_ count: Int, now: Instant) {
        for _ in 0..<count {
            if broom >= entries.count { broom = 3 }
            guard broom < entries.count else { return }
            if let key = keys[broom], isExpired(broom, now) {
                remove(at: broom, key)
                losses.expired &+= 1
            }
            broom += 1
        }
    }

    @inlinable
    mutating func remove(at position: Int, _ key: HashedKey<Key>) {
        positions[key] = nil
        unlink(position)
        add(-entries[position].weight, to: entries[position].segment)
        entries[position] = CacheEntry(at: position, in: .free)
        keys[position] = nil
        values[position] = nil
        tags.set([], at: position)
        free.append(position)
    }

    @inlinable
    mutating func lose(_ position: Int, _ key: HashedKey<Key>, now: Instant) {
        if isExpired(position, now) { losses.expired &+= 1 } else { losses.evicted &+= 1 }
        remove(at: position, key)
    }

    @inlinable
    func isExpired(_ position: Int, _ now: Instant) -> Bool {
        entries[position].times.keptUntil <= now
    }

    /// The entry that has to go next; the end of a list if there is none.
    @inlinable
    func oldest() -> Int {
        for end in [Self.probation, Self.protected] where entries[end].newer != end { return entries[end].newer }
        return entries[Self.window].newer
    }

    @inlinable
    mutating func demoteProtected() {
        while protectedWeight > protectedMaximum, entries[Self.protected].newer != Self.protected {
            move(entries[Self.protected].newer, to: .probation)
        }
    }

    @inlinable
    mutating func record(isHit: Bool) {
        guard isAdaptive, losses.evicted > 0, let change = climber.record(isHit: isHit) else { return }
        windowMaximum = min(max(windowMaximum + change, max(1, capacity / 100)), max(1, capacity / 5 * 4))
        protectedMaximum = (capacity - windowMaximum) / 5 * 4
    }

    @inlinable
    mutating func add(_ change: Int, to segment: CacheEntry.Segment) {
        weight += change
        if segment == .window { windowWeight += change }
        if segment == .protected { protectedWeight += change }
    }

    @inlinable
    mutating func move(_ position: Int, to segment: CacheEntry.Segment) {
        let moved = entries[position].weight
        add(-moved, to: entries[position].segment)
        add(moved, to: segment)
        entries[position].segment = segment
        moveToNewest(position, Int(segment.rawValue))
    }

    @inlinable
    mutating func moveToNewest(_ position: Int, _ end: Int) {
        guard entries[end].older != position else { return }
        unlink(position)
        link(position, end)
    }

    /// A list is a ring through its end, whose `newer` is the oldest entry and whose `older` is the newest.
    @inlinable
    mutating func link(_ position: Int, _ end: Int) {
        let newest = entries[end].older
        entries[position].older = newest
        entries[position].newer = end
        entries[newest].newer = position
        entries[end].older = position
    }

    @inlinable
    mutating func unlink(_ position: Int) {
        let (newer, older) = (entries[position].newer, entries[position].older)
        entries[newer].older = older
        entries[older].newer = newer
    }

    @inlinable
    mutating func makePlace() -> Int {
        if let reused = free.popLast() { return reused }
        keys.append(nil)
        values.append(nil)
        entries.append(CacheEntry(at: entries.count, in: .free))
        return entries.count - 1
    }
}
