// SPDX-License-Identifier: Apache-2.0
public import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The successes of a closed breaker that its state doesn't know yet, counted without the breaker's lock.
///
/// A counter is one word: the generation that it counts for, whether it is frozen, and the count. Who holds the lock
/// freezes the counter, which takes the count out of it, lets the state see the successes and then the event that it
/// holds the lock for, and opens the counter again for the generation that is now. While it is frozen or for another
/// generation nothing can be added, and who comes then goes through the lock. So every success takes effect at one
/// moment, before or after each event of the state: the outcome is that of the calls one after the other.
///
/// As soon as two threads are seen to get in each other's way there are four counters, and threads are spread over them
/// by their address, differently if they still meet.
@usableFromInline
struct SuccessCounter: ~Copyable, Sendable {
    /// One counter. The padding keeps it from sharing a cache line with whatever lies before it.
    @usableFromInline
    struct Stripe: ~Copyable, Sendable {
        private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)
        @usableFromInline let word = Atomic<UInt64>(frozen)
    }

    @usableFromInline static let frozen: UInt64 = 1 << 31
    @usableFromInline static let countMask: UInt64 = (1 << 31) - 1
    private static let stripeCount = 4
    /// How often threads that meet are spread anew; then there are more of them than counters.
    private static let maximumSpread = 16

    @usableFromInline let stripes = InlineArray<4, Stripe> { _ in Stripe() }
    /// 0 while the first counter serves all, otherwise how often the threads were spread.
    @usableFromInline let spread = Atomic<Int>(0)
    private let isContended = Atomic<Bool>(false)

    init() {}

    /// Counts a success for `generation`.
    ///
    /// - Returns: false if it must go through the lock.
    @inlinable
    func add(for generation: UInt32) -> Bool {
        let spread = spread.load(ordering: .relaxed)
        let index = spread == 0 ? 0 : Self.stripe(spread)
        var word = stripes[index].word.load(ordering: .relaxed)
        while word >> 32 == UInt64(generation), word & Self.frozen == 0, word & Self.countMask != Self.countMask {
            let (isDone, original) = stripes[index].word.compareExchange(
                expected: word, desired: word + 1, ordering: .relaxed)
            if isDone { return true }
            noteContention(spread)
            // The way through the lock opens the other counters.
            if spread == 0 { return false }
            word = original
        }
        return false
    }

    /// Lets nothing be added, and takes out what was. With the breaker's lock held.
    func freeze() -> Int {
        var count: UInt64 = 0
        for index in 0..<(spread.load(ordering: .relaxed) == 0 ? 1 : Self.stripeCount) {
            count += stripes[index].word.exchange(Self.frozen, ordering: .relaxed) & Self.countMask
        }
        return Int(count)
    }

    /// Lets successes of `generation` be added. With the breaker's lock held, and frozen.
    func open(for generation: UInt32) {
        if isContended.load(ordering: .relaxed) {
            _ = spread.compareExchange(expected: 0, desired: 1, ordering: .relaxed)
        }
        for index in 0..<(spread.load(ordering: .relaxed) == 0 ? 1 : Self.stripeCount) {
            stripes[index].word.store(UInt64(generation) << 32, ordering: .relaxed)
        }
    }

    /// Asks for more counters, which open with the lock held, or spreads the threads anew.
    @usableFromInline
    func noteContention(_ spread: Int) {
        if spread == 0 {
            if !isContended.load(ordering: .relaxed) { isContended.store(true, ordering: .relaxed) }
        } else if spread < Self.maximumSpread {
            _ = self.spread.compareExchange(expected: spread, desired: spread + 1, ordering: .relaxed)
        }
    }

    /// The counter of this thread: its address, hashed by a multiplication (Knuth, TAOCP 3, 6.4).
    @usableFromInline
    static func stripe(_ spread: Int) -> Int {
        #if canImport(Darwin)
            let thread = UInt(bitPattern: pthread_self())
        #else
            let thread = UInt(pthread_self())
        #endif
        return Int(truncatingIfNeeded: ((thread >> 12) &* 0x9E37_79B9_7F4A_7C15 &* UInt(2 * spread - 1)) >> 62)
    }
}
