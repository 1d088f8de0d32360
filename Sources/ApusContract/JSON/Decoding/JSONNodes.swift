// SPDX-License-Identifier: Apache-2.0

/// A list of nodes that grows. Whoever has the last copy calls ``deallocate()``, once.
struct JSONNodes {
    private var start: UnsafeMutablePointer<JSONNode>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        start = .allocate(capacity: self.capacity)
    }

    func deallocate() { start.deallocate() }

    /// The node at `index`, which must be one.
    subscript(_ index: Int) -> JSONNode {
        @inline(__always) unsafeAddress {
            assert(index >= 0 && index < count)
            return UnsafePointer(start + index)
        }
        @inline(__always) unsafeMutableAddress {
            assert(index >= 0 && index < count)
            return start + index
        }
    }

    mutating func append(_ node: JSONNode) {
        if count == capacity { grow() }
        (start + count).initialize(to: node)
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: start, count: count)
        start.deallocate()
        start = larger
        capacity *= 2
    }
}
