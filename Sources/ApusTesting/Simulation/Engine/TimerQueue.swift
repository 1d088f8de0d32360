// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What is due when, earliest first; of what is due at once, the lowest number first. A binary heap.
struct TimerQueue {
    private struct Entry {
        let at: Instant
        let number: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.at.nanoseconds, left.number) < (right.at.nanoseconds, right.number)
        }
    }

    private var heap: [Entry] = []

    mutating func insert(_ instant: Instant, number: UInt64) {
        heap.append(Entry(at: instant, number: number))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> (Instant, number: UInt64)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.at, first.number)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
