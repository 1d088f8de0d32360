// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Callers in the order in which they came. Taking one out of the middle leaves a gap that is skipped later.
struct WaiterQueue: Sendable {
    struct Waiter: Sendable {
        let place: CallSite
        let since: Instant
        /// When it gives up, and whether that is its own deadline rather than the pool's.
        let end: Instant
        let isOwnDeadline: Bool
    }

    private var waiters: [WaiterID: Waiter] = [:]
    private var order: [WaiterID] = []
    private var head = 0
    /// No waiter ends before.
    private(set) var earliestEnd = Instant.distantFuture

    var count: Int { waiters.count }
    var isEmpty: Bool { waiters.isEmpty }

    /// Queues a waiter: last, or first if it had its turn already.
    mutating func insert(_ id: WaiterID, _ waiter: Waiter, isReturning: Bool) {
        waiters[id] = waiter
        earliestEnd = min(earliestEnd, waiter.end)
        if !isReturning {
            order.append(id)
        } else if head > 0 {
            head -= 1
            order[head] = id
        } else {
            order.insert(id, at: 0)
        }
    }

    mutating func popFirst() -> (WaiterID, Waiter)? {
        while head < order.count {
            let id = order[head]
            head += 1
            if head > 64, head * 2 > order.count {
                order.removeFirst(head)
                head = 0
            }
            if let waiter = waiters.removeValue(forKey: id) { return (id, waiter) }
        }
        reset()
        return nil
    }

    mutating func remove(_ id: WaiterID) -> Waiter? {
        defer { compactIfSparse() }
        return waiters.removeValue(forKey: id)
    }

    /// Takes out those that end at or before `now`, in order.
    mutating func removeEnded(at now: Instant) -> [(WaiterID, Waiter)] {
        guard earliestEnd <= now else { return [] }
        var ended: [(WaiterID, Waiter)] = []
        var next = Instant.distantFuture
        for id in order[head...] {
            guard let waiter = waiters[id] else { continue }
            if waiter.end <= now {
                ended.append((id, waiter))
            } else {
                next = min(next, waiter.end)
            }
        }
        for (id, _) in ended { waiters[id] = nil }
        earliestEnd = next
        compactIfSparse()
        return ended
    }

    mutating func removeAll() -> [WaiterID] {
        let all = order[head...].filter { waiters[$0] != nil }
        reset()
        return all
    }

    private mutating func reset() {
        waiters = [:]
        order = []
        head = 0
        earliestEnd = .distantFuture
    }

    private mutating func compactIfSparse() {
        guard order.count - head > 2 * waiters.count + 16 else { return }
        order = order[head...].filter { waiters[$0] != nil }
        head = 0
    }
}
