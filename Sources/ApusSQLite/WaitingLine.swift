// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Those who wait, in the order in which they came, each with an end. A value without clock or I/O.
///
/// Whoever leaves from the middle leaves a gap, which is skipped and filled up later.
struct WaitingLine<Element: Sendable>: Sendable {
    private struct Place: Sendable {
        let id: UInt64
        let end: Instant
        var element: Element?
    }

    /// In the order of their ids. The first that counts is no gap.
    private var places: [Place] = []
    private var head = 0
    private(set) var count = 0
    /// Nobody ends before.
    private(set) var earliestEnd = Instant.distantFuture

    var isEmpty: Bool { count == 0 }

    var first: Element? { isEmpty ? nil : places[head].element }

    /// Nil if nobody waits.
    var firstID: UInt64? { isEmpty ? nil : places[head].id }

    /// Appends to the end.
    ///
    /// - Parameter id: greater than every id before.
    mutating func append(_ element: Element, as id: UInt64, until end: Instant) {
        places.append(Place(id: id, end: end, element: element))
        count += 1
        earliestEnd = min(earliestEnd, end)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        return take(at: head)
    }

    /// Takes one out, wherever it is; nil if it isn't there (any more).
    mutating func remove(_ id: UInt64) -> Element? {
        var low = head
        var high = places.count
        while low < high {
            let middle = low + (high - low) / 2
            if places[middle].id < id { low = middle + 1 } else { high = middle }
        }
        guard low < places.count, places[low].id == id, places[low].element != nil else { return nil }
        return take(at: low)
    }

    /// Takes out those that end at or before `now`, in order.
    mutating func removeEnded(at now: Instant) -> [Element] {
        guard earliestEnd <= now else { return [] }
        var ended: [Element] = []
        earliestEnd = .distantFuture
        for index in head..<places.count {
            guard let element = places[index].element else { continue }
            if places[index].end <= now {
                ended.append(element)
                places[index].element = nil
                count -= 1
            } else {
                earliestEnd = min(earliestEnd, places[index].end)
            }
        }
        tidy()
        return ended
    }

    private mutating func take(at index: Int) -> Element? {
        defer { tidy() }
        count -= 1
        return places[index].element.take()
    }

    private mutating func tidy() {
        if isEmpty {
            places.removeAll(keepingCapacity: true)
            head = 0
            earliestEnd = .distantFuture
            return
        }
        while places[head].element == nil { head += 1 }
        if places.count > 2 * count + 1024 {
            places.removeAll { $0.element == nil }
            head = 0
        }
    }
}
