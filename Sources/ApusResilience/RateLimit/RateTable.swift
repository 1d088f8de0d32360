// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The arrival times of a bounded number of keys, which are hashes.
///
/// A hash table of lines of four keys, since the keys are spread already: each key has a home line and is in the first from
/// there on that had room when it came, nearly always the home. So a decision reads one line of memory. The table
/// grows by doubling when three quarters are filled, to at most four thirds of its capacity: 21 to 43 bytes a key, 21 when
/// it is full.
///
/// A new key first looks at a few others from a hand that goes round: expired ones there are removed, so the table holds
/// hardly more than the keys that are alive. If the table is full and none of them has expired, the one closest to its
/// expiry goes, which is the one that forgetting favours least. All of it costs O(1), and a flood of new keys wears out
/// its own kind before it reaches a key that has used up its burst.
struct RateTable: ~Copyable {
    private typealias Slot = RateLines.Slot

    private static let sample = 8

    private let capacity: Int
    private var lines: RateLines
    private var hand = 0
    private(set) var count = 0
    var allowed: UInt64 = 0
    var limited: UInt64 = 0
    /// Keys that had to go before they expired.
    private(set) var evicted: UInt64 = 0

    /// The memory of the keys, in bytes.
    var bytes: Int { lines.bytes }

    init(capacity: Int) {
        self.capacity = capacity
        lines = RateLines(count: min(4, Self.lineCount(for: capacity)))
    }

    @inline(__always)
    mutating func decide(_ key: UInt64, cost: UInt32, by rule: GCRA, now: Instant) -> RateDecision {
        let key = Self.name(of: key)
        let decision: RateDecision
        if let place = lines.place(of: key) {
            decision = rule.decide(arrival: &lines[place].arrival, cost: cost, now: now)
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
        lines.place(of: Self.name(of: key)).map { lines[$0].arrival }
    }

    /// Remembers the arrival time of a key, if it isn't past.
    mutating func store(_ arrival: Int64, of key: UInt64, now: Int64) {
        let key = Self.name(of: key)
        if let place = lines.place(of: key) {
            lines[place].arrival = arrival
        } else if arrival > now {
            insert(Slot(key: key, arrival: arrival), now: now)
        }
    }

    private static func name(of key: UInt64) -> UInt64 { key == 0 ? 1 : key }

    private static func lineCount(for keys: Int) -> Int {
        (keys + keys / 3 + 2 + RateLines.width - 1) / RateLines.width
    }

    private mutating func insert(_ slot: Slot, now: Int64) {
        makeRoom(now: now)
        if (count + 1) * 4 > lines.places * 3 { grow() }
        lines[lines.vacancy(for: slot.key)] = slot
        count += 1
    }

    /// Removes what has expired among a few keys, or one of them if the table is full.
    private mutating func makeRoom(now: Int64) {
        var oldest: (key: UInt64, arrival: Int64)?
        var seen = 0
        var steps = 0
        while seen < Self.sample, steps < Self.sample * 8, count > 0 {
            steps += 1
            let slot = lines[hand]
            if slot.key == 0 {
                moveHand()
                continue
            }
            seen += 1
            if slot.arrival <= now {
                remove(at: hand)
                continue
            }
            if oldest.map({ slot.arrival < $0.arrival }) ?? true { oldest = (slot.key, slot.arrival) }
            moveHand()
        }
        guard count >= capacity else { return }
        evicted += 1
        if let oldest, let place = lines.place(of: oldest.key) {
            remove(at: place)
        } else {
            // Nothing but empty places within reach: the next one that isn't.
            while lines[hand].key == 0 { moveHand() }
            remove(at: hand)
        }
    }

    private mutating func moveHand() { hand = hand + 1 < lines.places ? hand + 1 : 0 }

    /// Empties a place. If its line was full, a key behind it that has passed that line moves back to it, and so on, so
    /// that no search stops too early.
    private mutating func remove(at place: Int) {
        var hole = place
        var line = place / RateLines.width
        var wasFull = !lines.hasRoom(in: line)
        var other = line
        while wasFull {
            other = lines.line(after: other)
            wasFull = !lines.hasRoom(in: other)
            guard let passing = passer(of: line, in: other) else { continue }
            lines[hole] = lines[passing]
            hole = passing
            line = other
        }
        lines[hole] = Slot()
        count -= 1
    }

    /// The place in a line of a key that was on its way through an earlier one.
    private func passer(of earlier: Int, in line: Int) -> Int? {
        let apart = lines.distance(from: earlier, to: line)
        for place in (line * RateLines.width)..<((line + 1) * RateLines.width) {
            let key = lines[place].key
            if key != 0, lines.distance(from: lines.home(of: key), to: line) >= apart { return place }
        }
        return nil
    }

    private mutating func grow() {
        let size = min(lines.count * 2, Self.lineCount(for: capacity))
        guard size > lines.count else { return }
        let old = exchange(RateLines(count: size))
        hand = 0
        for place in 0..<old.places where old[place].key != 0 {
            let slot = old[place]
            lines[lines.vacancy(for: slot.key)] = slot
        }
    }

    /// Takes new lines in place of those that there are.
    private mutating func exchange(_ new: consuming RateLines) -> RateLines {
        swap(&lines, &new)
        return new
    }
}
