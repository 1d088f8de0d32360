// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A small number for each thread, so that threads can keep out of each other's way.
@usableFromInline
enum ThreadNumber {
    private static let next = Atomic<Int>(1)

    /// Nil if the process has no more keys; all threads have the same number then.
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    /// The number of the thread that asks: 1 for the first, and so on. 0 if there is none.
    @usableFromInline
    static var current: Int {
        guard let key else { return 0 }
        if let known = pthread_getspecific(key) { return Int(bitPattern: known) }
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
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
