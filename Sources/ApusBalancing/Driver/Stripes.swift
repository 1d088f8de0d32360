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
    @usableFromInline
    struct Stripe: ~Copyable {
        @usableFromInline let isTaken = Atomic<Bool>(false)
        /// Retained as long as it stands here.
        @usableFromInline var value: Unmanaged<Value>
        @usableFromInline var random: FastRandom

        init(_ value: Value, _ random: FastRandom) {
            self.value = .passRetained(value)
            self.random = random
        }
    }

    /// A power of two. More threads than that at it at once wait for each other.
    @usableFromInline static var count: Int { 16 }
    /// Two cache lines, because processors fetch them in pairs.
    @usableFromInline static var stride: Int { 128 }

    @usableFromInline let threads = ThreadNumbers.shared
    @usableFromInline let memory: UnsafeMutableRawPointer

    init(_ value: Value, random: FastRandom) {
        var random = random
        memory = .allocate(byteCount: Self.count * Self.stride, alignment: Self.stride)
        for index in 0..<Self.count {
            (memory + index * Self.stride).initializeMemory(
                as: Stripe.self, to: Stripe(value, FastRandom(seed: random.next())))
        }
    }

    deinit {
        for index in 0..<Self.count {
            stripe(index).pointee.value.release()
            stripe(index).deinitialize(count: 1)
        }
        memory.deallocate()
    }

    @inlinable
    func stripe(_ index: Int) -> UnsafeMutablePointer<Stripe> {
        (memory + (index & (Self.count - 1)) * Self.stride).assumingMemoryBound(to: Stripe.self)
    }

    /// Runs `body`, which is short, with one of the copies.
    @inlinable
    func withAny<Result>(_ body: (Value, inout FastRandom) -> Result) -> Result {
        var index = threads?.current ?? 0
        var tries = 0
        while !take(stripe(index)) {
            index += 1
            tries += 1
            if tries % Self.count == 0 { ThreadNumbers.yield() }
        }
        let stripe = stripe(index)
        defer { stripe.pointee.isTaken.store(false, ordering: .releasing) }
        return stripe.pointee.value._withUnsafeGuaranteedRef { body($0, &stripe.pointee.random) }
    }

    /// Replaces every copy. Only one thread may do so at a time.
    func replace(with value: Value) {
        for index in 0..<Self.count {
            let stripe = stripe(index)
            while !take(stripe) { ThreadNumbers.yield() }
            let old = stripe.pointee.value
            stripe.pointee.value = .passRetained(value)
            stripe.pointee.isTaken.store(false, ordering: .releasing)
            old.release()
        }
    }

    @inlinable
    func take(_ stripe: UnsafeMutablePointer<Stripe>) -> Bool {
        !stripe.pointee.isTaken.exchange(true, ordering: .acquiring)
    }
}
