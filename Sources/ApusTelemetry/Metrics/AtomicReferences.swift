// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A fixed number of places for objects, each filled once and then read without a lock.
struct AtomicReferences<Object: AnyObject & Sendable>: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is only ever touched through the atomics in it.
    private let base: UnsafeMutablePointer<AtomicLazyReference<Object>>
    private let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: count)
        for index in 0..<count { (base + index).initialize(to: AtomicLazyReference()) }
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// What is at `index` (0..<count), or nil if nothing is yet.
    subscript(index: Int) -> Object? {
        precondition(index >= 0 && index < count)
        return base[index].load()
    }

    /// Puts `object` at `index` unless another thread was faster; returns what is there now.
    func store(_ object: Object, at index: Int) -> Object {
        precondition(index >= 0 && index < count)
        return base[index].storeIfNil(object)
    }
}
