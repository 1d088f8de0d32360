// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A fixed number of counters side by side.
struct AtomicArray: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is only ever touched through the atomics in it.
    private let base: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: count)
        for index in 0..<count { (base + index).initialize(to: Atomic(0)) }
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// - Parameter index: 0..<count.
    func increment(_ index: Int) {
        precondition(index >= 0 && index < count)
        base[index].wrappingAdd(1, ordering: .relaxed)
    }

    /// The counters' values; each is read by itself.
    var values: [UInt64] {
        (0..<count).map { base[$0].load(ordering: .relaxed) }
    }
}
