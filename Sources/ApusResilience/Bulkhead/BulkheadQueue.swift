// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Those who wait for a bulkhead: a queue for each partition, in a common array of places. Taking any of them out costs
/// O(1); their numbers say who came first.
struct BulkheadQueue: Sendable {
    struct Waiter: Sendable {
        var number: UInt64
        var partition: Int
        /// When it gives up, and whether that is its own deadline rather than the maximum wait.
        var end: Instant
        var isOwnDeadline: Bool
        var previous = -1
        var next = -1
    }

    private struct Ends {
        var first = -1
        var last = -1
    }

    private var places: [Waiter?] = []
    private var free: [Int] = []
    private var ends: [Ends]
    private var lastNumber: UInt64 = 0
    private(set) var count = 0
    /// No waiter ends before.
    private(set) var earliestEnd = Instant.distantFuture

    init(partitions: Int) {
        ends = Array(repeating: Ends(), count: partitions)
    }

    mutating func append(partition: Int, end: Instant, isOwnDeadline: Bool) -> BulkheadTicket {
        lastNumber += 1
        var waiter = Waiter(number: lastNumber, partition: partition, end: end, isOwnDeadline: isOwnDeadline)
        waiter.previous = ends[partition].last
        let place: Int
        if let reused = free.popLast() {
            place = reused
            places[place] = waiter
        } else {
            place = places.count
            places.append(waiter)
        }
        if waiter.previous >= 0 { places[waiter.previous]?.next = place } else { ends[partition].first = place }
        ends[partition].last = place
        count += 1
        earliestEnd = min(earliestEnd, end)
        return BulkheadTicket(place: place, number: lastNumber)
    }

    /// The one of a partition that came first.
    func first(of partition: Int) -> BulkheadTicket? {
        let place = ends[partition].first
        guard place >= 0, let waiter = places[place] else { return nil }
        return BulkheadTicket(place: place, number: waiter.number)
    }

    mutating func remove(_ ticket: BulkheadTicket) -> Waiter? {
        guard places.indices.contains(ticket.place), let waiter = places[ticket.place], waiter.number == ticket.number
        else { return nil }
        if waiter.previous >= 0 {
            places[waiter.previous]?.next = waiter.next
        } else {
            ends[waiter.partition].first = waiter.next
        }
        if waiter.next >= 0 {
            places[waiter.next]?.previous = waiter.previous
        } else {
            ends[waiter.partition].last = waiter.previous
        }
        places[ticket.place] = nil
        free.append(ticket.place)
        count -= 1
        if count == 0 { earliestEnd = .distantFuture }
        return waiter
    }

    /// Takes out those that end at or before `now`, in the order in which they came.
    mutating func removeEnded(at now: Instant) -> [(BulkheadTicket, Waiter)] {
        guard earliestEnd <= now else { return [] }
        var ended: [BulkheadTicket] = []
        var next = Instant.distantFuture
        for (place, waiter) in places.enumerated() {
            guard let waiter else { continue }
            if waiter.end <= now {
                ended.append(BulkheadTicket(place: place, number: waiter.number))
            } else {
                next = min(next, waiter.end)
            }
        }
        ended.sort { $0.number < $1.number }
        var removed: [(BulkheadTicket, Waiter)] = []
        for ticket in ended {
            if let waiter = remove(ticket) { removed.append((ticket, waiter)) }
        }
        earliestEnd = next
        return removed
    }
}
