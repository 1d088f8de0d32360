// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#else
    public import Darwin
#endif

/// A small number for each thread, so that threads can keep out of each other's way.
@usableFromInline
struct ThreadNumbers: Sendable {
    private static let next = Atomic<Int>(1)

    /// Where the threads of this process keep their numbers. Nil if the process has no more keys; all threads have the
    /// same number then.
    static let shared: ThreadNumbers? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? ThreadNumbers(key: key) : nil
    }()

    @usableFromInline let key: pthread_key_t

    private init(key: pthread_key_t) {
        self.key = key
    }

    /// The number of the thread that asks: 1 for the first, and so on.
    @inlinable var current: Int {
        if let known = pthread_getspecific(key) { Int(bitPattern: known) } else { add() }
    }

    @usableFromInline
    func add() -> Int {
        let number = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
        // If it can't be kept, the thread has another number next time, which does no harm.
        _ = pthread_setspecific(key, UnsafeRawPointer(bitPattern: number))
        return number
    }

    /// Lets others run, for a thread that waits for one of them.
    @usableFromInline
    static func yield() {
        sched_yield()
    }
}
