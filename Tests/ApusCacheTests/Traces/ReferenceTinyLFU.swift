// SPDX-License-Identifier: Apache-2.0

/// W-TinyLFU as plainly as it can be said: exact counts, no shards, no fitting of the window.
struct ReferenceTinyLFU {
    let capacity: Int
    private var window = UseOrder()
    private var probation = UseOrder()
    private var protected = UseOrder()
    private var counts: [Int: Int] = [:]
    private var counted = 0
    private let windowCapacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        windowCapacity = max(1, capacity / 100)
    }

    /// Asks for a key, storing it if it isn't there; whether it was.
    mutating func access(_ key: Int) -> Bool {
        count(key)
        if window.contains(key) {
            window.use(key)
            return true
        }
        if protected.contains(key) {
            protected.use(key)
            return true
        }
        if probation.contains(key) {
            probation.remove(key)
            protected.use(key)
            if protected.count > (capacity - windowCapacity) / 5 * 4, let oldest = protected.removeOldest() {
                probation.use(oldest)
            }
            return true
        }
        window.use(key)
        guard window.count > windowCapacity, let candidate = window.removeOldest() else { return false }
        if window.count + probation.count + protected.count < capacity {
            probation.use(candidate)
            return false
        }
        guard let victim = probation.removeOldest() else { return false }
        probation.use(counts[candidate, default: 0] > counts[victim, default: 0] ? candidate : victim)
        // A victim that wins stays the oldest.
        if probation.newest == victim { probation.makeOldest(victim) }
        return false
    }

    private mutating func count(_ key: Int) {
        counts[key] = min(15, counts[key, default: 0] + 1)
        counted += 1
        guard counted == 10 * capacity else { return }
        counted /= 2
        counts = counts.mapValues { $0 / 2 }.filter { $0.value > 0 }
    }
}

/// Keys in the order of their last use. What was used again or removed stays in the queue until it is met.
private struct UseOrder {
    private var stamps: [Int: Int] = [:]
    private var queue: [(key: Int, stamp: Int)] = []
    private var first = 0
    private var next = 0
    private var front: [Int] = []
    private(set) var newest: Int?

    var count: Int { stamps.count }

    func contains(_ key: Int) -> Bool { stamps[key] != nil }

    mutating func use(_ key: Int) {
        next += 1
        stamps[key] = next
        queue.append((key, next))
        newest = key
    }

    mutating func remove(_ key: Int) { stamps[key] = nil }

    mutating func makeOldest(_ key: Int) {
        stamps[key] = -1
        front = [key]
        newest = nil
    }

    mutating func removeOldest() -> Int? {
        if let key = front.popLast(), stamps[key] == -1 {
            stamps[key] = nil
            return key
        }
        while first < queue.count {
            let (key, stamp) = queue[first]
            first += 1
            if stamps[key] == stamp {
                stamps[key] = nil
                return key
            }
        }
        return nil
    }
}
