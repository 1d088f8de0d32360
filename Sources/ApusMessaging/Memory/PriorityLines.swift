// SPDX-License-Identifier: Apache-2.0
/// Positions that may be claimed: a line for each priority, each in ascending order.
struct PriorityLines: Sendable {
    private var lines = [SortedLine](repeating: SortedLine(), count: 10)

    var isEmpty: Bool { lines.allSatisfy(\.isEmpty) }

    mutating func insert(_ position: UInt64, _ priority: MessagePriority) {
        lines[Int(priority.rawValue)].insert(position)
    }

    mutating func popFirst() -> UInt64? {
        for index in lines.indices.reversed() {
            if let first = lines[index].popFirst() { return first }
        }
        return nil
    }
}
