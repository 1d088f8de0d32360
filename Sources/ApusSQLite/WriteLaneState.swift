// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Who has the writer, and who waits for it: first come, first served, transactions and single statements alike.
///
/// A value without clock or I/O: ``WriteLane`` drives it.
struct WriteLaneState<Unit: Sendable, Waiter: Sendable>: Sendable {
    enum Entry: Sendable {
        case unit(Unit)
        case transaction(Waiter)
    }

    /// What the driver does next with the writer.
    enum Next {
        /// Run these with one commit, then ask again.
        case run([Unit])
        /// Let this caller have it until it gives it back.
        case grant(Waiter)
        /// Nobody waits: the writer is free.
        case idle
    }

    private let maximumWaiters: Int
    private let maximumGroup: Int
    private var waiting = WaitingLine<Entry>()
    private var lastID: UInt64 = 0
    private(set) var isBusy = false
    var isClosed = false

    init(maximumWaiters: Int, maximumGroup: Int) {
        self.maximumWaiters = maximumWaiters
        self.maximumGroup = maximumGroup
    }

    /// How many wait.
    var count: Int { waiting.count }

    /// Whether one more may wait.
    var hasRoom: Bool { count < maximumWaiters }

    /// Nobody who waits ends before.
    var earliestEnd: Instant { waiting.earliestEnd }

    /// Appends to the queue.
    ///
    /// - Returns: a name for ``cancel(_:)``, and whether the writer was free, so that the driver must ask for ``next()``.
    mutating func enqueue(_ entry: Entry, until end: Instant) -> (id: UInt64, begins: Bool) {
        lastID += 1
        waiting.append(entry, as: lastID, until: end)
        defer { isBusy = true }
        return (lastID, !isBusy)
    }

    /// Takes an entry out of the queue; nil if it isn't there (any more).
    mutating func cancel(_ id: UInt64) -> Entry? {
        waiting.remove(id)
    }

    /// Takes out those whose end has come.
    mutating func removeEnded(at now: Instant) -> [Entry] {
        waiting.removeEnded(at: now)
    }

    /// What comes after the one who had the writer.
    mutating func next() -> Next {
        var group: [Unit] = []
        while let entry = waiting.first {
            switch entry {
            case .unit(let unit):
                if group.count == maximumGroup { return .run(group) }
                group.append(unit)
                _ = waiting.popFirst()
            case .transaction(let waiter):
                if !group.isEmpty { return .run(group) }
                _ = waiting.popFirst()
                return .grant(waiter)
            }
        }
        if !group.isEmpty { return .run(group) }
        isBusy = false
        return .idle
    }
}
