// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What is going to happen, in the order of time; of two at the same time the one that was added first comes first.
struct EventQueue<Event> {
    private struct Entry {
        var time: Int64
        var number: Int
        var event: Event

        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? number < other.number : time < other.time
        }
    }

    private var heap: [Entry] = []
    private var nextNumber = 0

    mutating func add(_ event: Event, at time: Instant) {
        nextNumber += 1
        heap.append(Entry(time: time.nanoseconds, number: nextNumber, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (Instant, Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if heap[child].isBefore(heap[least]) { least = child }
                }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return (Instant(nanoseconds: first.time), first.event)
    }
}

extension FastRandom {
    /// From 0 to below 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The time to the next of events that come at `rate` per second, independently of each other.
    mutating func gap(rate: Double) -> Duration {
        .nanoseconds(Int64(-Self.logarithm(1 - unit()) / rate * 1e9))
    }

    /// The natural logarithm of a number above 0 and at most 1.
    private static func logarithm(_ value: Double) -> Double {
        // value = significand * 2^exponent; the series of artanh converges fast for a significand from 1 to 2.
        let ratio = (value.significand - 1) / (value.significand + 1)
        var power = ratio
        var sum = 0.0
        for term in stride(from: 1.0, through: 41, by: 2) {
            sum += power / term
            power *= ratio * ratio
        }
        return 2 * sum + Double(value.exponent) * 0.693147180559945309
    }
}
