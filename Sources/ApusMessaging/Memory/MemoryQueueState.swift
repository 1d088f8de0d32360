// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// One channel of a queue in memory: who waits, who is in hand, who is dead.
///
/// A value without clock or lock: ``MemoryQueueStore`` drives it. Times are microseconds of the queue's wall clock.
struct MemoryQueueState: Sendable {
    enum Phase: Sendable {
        case ready
        case inHand
        case scheduled
        case blocked
        case dead
    }

    struct Row: Sendable {
        let message: Message
        /// Nobody else's while the message isn't finished.
        var uniqueKey: String?
        let isRemembered: Bool
        var phase: Phase
        var dueAt: Int64
        let publishedAt: Int64
        var claims: Int64 = 0
        var attempts = 0
        var reason: DeadReason?
        var firstError: String?
        var lastError: String?
        var diedAt: Int64 = 0
    }

    struct Name: Sendable, Hashable {
        let source: String
        let id: String
    }

    private(set) var rows: [UInt64: Row] = [:]
    private var next: UInt64 = 0
    private var ready = PriorityLines()
    /// Rows that wait for their time: in hand or scheduled.
    private var timed = DueHeap()
    private var keys: [String: SortedLine] = [:]
    private var names: [Name: Int64?] = [:]
    private var uniqueKeys: Set<String> = []
    private(set) var dead: [UInt64] = []
    private(set) var live = 0

    /// Stores a message unless it is known.
    mutating func append(_ entry: QueueEntry, now: Int64) -> PublishResult {
        let name = Name(source: entry.message.source, id: entry.message.id)
        if names[name] != nil { return .duplicate }
        if let key = entry.uniqueKey, !uniqueKeys.insert(key).inserted { return .duplicate }
        names.updateValue(nil, forKey: name)
        next += 1
        var row = Row(
            message: entry.message, uniqueKey: entry.uniqueKey, isRemembered: entry.isRemembered,
            phase: entry.delay > .zero ? .scheduled : .ready, dueAt: now + entry.delay.microseconds, publishedAt: now)
        if let key = entry.message.orderingKey {
            if keys[key] != nil { row.phase = .blocked }
            keys[key, default: SortedLine()].insert(next)
        }
        rows[next] = row
        live += 1
        enqueue(next)
        return .stored
    }

    mutating func claim(_ limit: Int, leaseEnds: Int64, now: Int64) -> [(position: UInt64, row: Row)] {
        awaken(now)
        var claimed: [(position: UInt64, row: Row)] = []
        while claimed.count < limit, let position = ready.popFirst() {
            guard var row = rows[position] else { continue }
            row.phase = .inHand
            row.dueAt = leaseEnds
            row.claims += 1
            row.attempts += 1
            rows[position] = row
            timed.insert(position, due: leaseEnds)
            claimed.append((position, row))
        }
        return claimed
    }

    mutating func settle(_ position: UInt64, token: Int64, _ settlement: Settlement, now: Int64) -> Bool {
        guard var row = rows[position], row.phase == .inHand, row.claims == token else { return false }
        switch settlement {
        case .done:
            rows[position] = nil
            let name = Name(source: row.message.source, id: row.message.id)
            if row.isRemembered { names.updateValue(now, forKey: name) } else { names[name] = nil }
            finish(position, row, now)
            return true
        case .retry(let delay, let error):
            row.firstError = row.firstError ?? error
            row.lastError = error
            row.phase = delay > .zero ? .scheduled : .ready
            row.dueAt = now + max(0, delay.microseconds)
        case .giveBack(let delay):
            row.attempts -= 1
            row.phase = delay > .zero ? .scheduled : .ready
            row.dueAt = now + max(0, delay.microseconds)
        case .dead(let reason, let error):
            row.phase = .dead
            row.reason = reason
            row.firstError = row.firstError ?? error
            row.lastError = error
            row.diedAt = now
            rows[position] = row
            // Redriven it has none any more: by then the key may be another's.
            rows[position]?.uniqueKey = nil
            dead.append(position)
            finish(position, row, now)
            return true
        }
        rows[position] = row
        enqueue(position)
        return true
    }

    mutating func extend(_ position: UInt64, token: Int64, to end: Int64) -> Bool {
        guard let row = rows[position], row.phase == .inHand, row.claims == token else { return false }
        rows[position]?.dueAt = end
        timed.insert(position, due: end)
        return true
    }

    /// Microseconds until the next row is due or a lease ends; nil without any.
    mutating func nextDue(now: Int64) -> Int64? {
        awaken(now)
        if !ready.isEmpty { return 0 }
        return timed.first { [rows] in Self.isDue(rows[$0], $1) }.map { max(0, $0 - now) }
    }

    mutating func redrive(_ positions: [UInt64], now: Int64) -> Int {
        var number = 0
        for position in positions {
            guard var row = rows[position], row.phase == .dead else { continue }
            dead.removeAll { $0 == position }
            row.reason = nil
            row.attempts = 0
            row.phase = .ready
            row.dueAt = now
            if let key = row.message.orderingKey {
                if keys[key] != nil { row.phase = .blocked }
                keys[key, default: SortedLine()].insert(position)
            }
            rows[position] = row
            live += 1
            number += 1
            enqueue(position)
        }
        return number
    }

    mutating func drop(_ positions: [UInt64]) -> Int {
        var number = 0
        for position in positions {
            guard let row = rows[position], row.phase == .dead else { continue }
            forget(position, row)
            number += 1
        }
        return number
    }

    /// Forgets finished names older than `doneBefore`, dead messages older than `deadBefore`, and those over `capacity`.
    mutating func maintain(doneBefore: Int64, deadBefore: Int64, capacity: Int) {
        names = names.filter { $0.value.map { $0 >= doneBefore } ?? true }
        let surplus = dead.count - capacity
        for (index, position) in dead.enumerated() {
            guard let row = rows[position], index < surplus || row.diedAt < deadBefore else { continue }
            forget(position, row)
        }
    }

    private mutating func forget(_ position: UInt64, _ row: Row) {
        dead.removeAll { $0 == position }
        rows[position] = nil
        names[Name(source: row.message.source, id: row.message.id)] = nil
    }

    /// Puts a row where its phase belongs.
    private mutating func enqueue(_ position: UInt64) {
        guard let row = rows[position] else { return }
        switch row.phase {
        case .ready: ready.insert(position, row.message.priority)
        case .scheduled: timed.insert(position, due: row.dueAt)
        case .inHand, .blocked, .dead: break
        }
    }

    /// Makes ready what has come due.
    private mutating func awaken(_ now: Int64) {
        while let position = timed.popFirst(upTo: now, where: { [rows] in Self.isDue(rows[$0], $1) }) {
            rows[position]?.phase = .ready
            enqueue(position)
        }
    }

    /// Whether an entry of the heap is still true: leases are extended and rows settled without looking there.
    private static func isDue(_ row: Row?, _ due: Int64) -> Bool {
        guard let row, row.phase == .inHand || row.phase == .scheduled else { return false }
        return row.dueAt == due
    }

    /// Takes a finished row out of what it held up.
    private mutating func finish(_ position: UInt64, _ row: Row, _ now: Int64) {
        live -= 1
        if let key = row.uniqueKey { uniqueKeys.remove(key) }
        guard let key = row.message.orderingKey else { return }
        keys[key]?.remove(position)
        guard let first = keys[key]?.first else {
            keys[key] = nil
            return
        }
        guard rows[first]?.phase == .blocked else { return }
        if let dueAt = rows[first]?.dueAt { rows[first]?.phase = dueAt > now ? .scheduled : .ready }
        enqueue(first)
    }
}
