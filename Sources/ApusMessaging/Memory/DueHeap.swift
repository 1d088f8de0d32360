// SPDX-License-Identifier: Apache-2.0
/// Positions by the time at which they come due. An entry may have become untrue: who reads says which still hold, and the
/// others go.
struct DueHeap: Sendable {
    private struct Entry: Sendable {
        let due: Int64
        let position: UInt64
    }

    private var entries: [Entry] = []

    mutating func insert(_ position: UInt64, due: Int64) {
        entries.append(Entry(due: due, position: position))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].due < entries[parent].due else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// When the first that holds is due.
    mutating func first(where holds: (UInt64, Int64) -> Bool) -> Int64? {
        while let first = entries.first {
            if holds(first.position, first.due) { return first.due }
            removeFirst()
        }
        return nil
    }

    /// Takes the first that holds, if it is due by `now`.
    mutating func popFirst(upTo now: Int64, where holds: (UInt64, Int64) -> Bool) -> UInt64? {
        while let first = entries.first, first.due <= now {
            removeFirst()
            if holds(first.position, first.due) { return first.position }
        }
        return nil
    }

    private mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return }
            if child + 1 < entries.count, entries[child + 1].due < entries[child].due { child += 1 }
            guard entries[child].due < entries[parent].due else { return }
            entries.swapAt(parent, child)
            parent = child
        }
    }
}
