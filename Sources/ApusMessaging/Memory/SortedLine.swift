// SPDX-License-Identifier: Apache-2.0
/// Numbers in ascending order, whose smallest leave and whose largest come, mostly; any may.
struct SortedLine: Sendable {
    private var numbers: [UInt64] = []
    /// Where the line begins: what is before it has left.
    private var head = 0

    var isEmpty: Bool { head == numbers.count }

    var first: UInt64? { isEmpty ? nil : numbers[head] }

    mutating func insert(_ number: UInt64) {
        guard let last = numbers.last, !isEmpty, last > number else {
            numbers.append(number)
            return
        }
        numbers.insert(number, at: index(of: number))
    }

    mutating func popFirst() -> UInt64? {
        guard let first else { return nil }
        head += 1
        if head > 64, head * 2 > numbers.count {
            numbers.removeFirst(head)
            head = 0
        }
        return first
    }

    mutating func remove(_ number: UInt64) {
        let index = index(of: number)
        guard index < numbers.count, numbers[index] == number else { return }
        if index == head { _ = popFirst() } else { numbers.remove(at: index) }
    }

    /// Where `number` stands or belongs.
    private func index(of number: UInt64) -> Int {
        var low = head
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
