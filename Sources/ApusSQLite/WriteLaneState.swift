// SPDX-License-Identifier: Apache-2.0
/// Who has the writer, and who waits for it: first come, first served, transactions and single statements alike.
///
/// A value without clock or I/O: ``WriteLane`` drives it.
struct WriteLaneState<Unit: Sendable, Waiter: Sendable> {
    enum Entry: Sendable {
        case unit(Unit)
        case transaction(id: UInt64, Waiter)
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
    private var waiting: [Entry?] = []
    private var head = 0
    private(set) var count = 0
    private(set) var isBusy = false
    var isClosed = false

    init(maximumWaiters: Int, maximumGroup: Int) {
        self.maximumWaiters = maximumWaiters
        self.maximumGroup = maximumGroup
    }

    /// Whether one more may wait.
    var hasRoom: Bool { count < maximumWaiters }

    /// Appends to the queue; true if the writer was free and the driver must ask for ``next()``.
    mutating func enqueue(_ entry: Entry) -> Bool {
        waiting.append(entry)
        count += 1
        defer { isBusy = true }
        return !isBusy
    }

    /// Takes the waiter of a transaction out of the queue; nil if it isn't there (any more).
    mutating func cancel(_ id: UInt64) -> Waiter? {
        for index in head..<waiting.count {
            if case .transaction(id, let waiter) = waiting[index] {
                waiting[index] = nil
                count -= 1
                return waiter
            }
        }
        return nil
    }

    /// What comes after the one who had the writer.
    mutating func next() -> Next {
        var group: [Unit] = []
        while head < waiting.count {
            switch waiting[head] {
            case nil:
                take()
            case .unit(let unit):
                if group.count == maximumGroup { return .run(group) }
                group.append(unit)
                count -= 1
                take()
            case .transaction(_, let waiter):
                if !group.isEmpty { return .run(group) }
                count -= 1
                take()
                return .grant(waiter)
            }
        }
        if !group.isEmpty { return .run(group) }
        isBusy = false
        return .idle
    }

    private mutating func take() {
        waiting[head] = nil
        head += 1
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024, head * 2 > waiting.count {
            waiting.removeSubrange(..<head)
            head = 0
        }
    }
}
