// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// Several copies of a reference, each with a random generator and a flag that says whether a thread is at it.
///
/// A thread takes the copy of its number, or the next that is free, for the few nanoseconds that a pick takes. That
/// costs one atomic exchange on a cache line that usually belongs to its core, and the reference needn't be counted
/// meanwhile: whoever replaces it waits for the flag of each copy.
@usableFromInline
final class Stripes<Value: AnyObject & Sendable>: @unchecked Sendable {
    /// What the flag guards.
    @usableFromInline
    struct Content {
        /// Retained as long as it stands here.
        @usableFromInline var value: Unmanaged<Value>
        @usableFromInline var random: FastRandom
    }

    /// A power of two. More threads than that at it at once wait for each other.
    @usableFromInline static var count: Int { 16 }
    /// Two cache lines, because processors fetch them in pairs: a flag, and after it the content.
    @usableFromInline static var stride: Int { 128 }
    @usableFromInline static var contentOffset: Int { 16 }

    @usableFromInline let threads = ThreadNumbers.shared
    @usableFromInline let memory: UnsafeMutableRawPointer

    init(_ value: Value, random: FastRandom) {
        var random = random
        memory = .allocate(byteCount: Self.count * Self.stride, alignment: Self.stride)
        for index in 0..<Self.count {
            let start = memory + index * Self.stride
            start.initializeMemory(as: Atomic<Bool>.self, to: Atomic(false))
            (start + Self.contentOffset).initializeMemory(
                as: Content.self, to: Content(value: .passRetained(value), random: FastRandom(seed: random.next())))
        }
    }

    deinit {
        for index in 0..<Self.count {
            content(index).pointee.value.release()
            content(index).deinitialize(count: 1)
            flag(index).deinitialize(count: 1)
        }
        memory.deallocate()
    }

    @inlinable
    func flag(_ index: Int) -> UnsafeMutablePointer<Atomic<Bool>> {
        (memory + (index & (Self.count - 1)) * Self.stride).assumingMemoryBound(to: Atomic<Bool>.self)
    }

    @inlinable
    func content(_ index: Int) -> UnsafeMutablePointer<Content> {
        (memory + (index & (Self.count - 1)) * Self.stride + Self.contentOffset).assumingMemoryBound(to: Content.self)
    }

    /// Runs `body`, which is short, with one of the copies.
    @inlinable
    func withAny<Result>(_ body: (Value, inout FastRandom) -> Result) -> Result {
        var index = threads?.current ?? 0
        var tries = 0
        while flag(index).pointee.exchange(true, ordering: .acquiring) {
            index &+= 1
            tries &+= 1
            if tries % Self.count == 0 { ThreadNumbers.yield() }
        }
        defer { flag(index).pointee.store(false, ordering: .releasing) }
        let content = content(index)
        return content.pointee.value._withUnsafeGuaranteedRef { body($0, &content.pointee.random) }
    }

    /// Replaces every copy. Only one thread may do so at a time.
    func replace(with value: Value) {
        for index in 0..<Self.count {
            while flag(index).pointee.exchange(true, ordering: .acquiring) { ThreadNumbers.yield() }
            let old = content(index).pointee.value
            content(index).pointee.value = .passRetained(value)
            flag(index).pointee.store(false, ordering: .releasing)
            old.release()
        }
    }
}
