// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// Bounds the repetitions of all calls to one service to a share of the calls: ``RetryBudgetState`` with a lock.
///
/// Share one budget between everything that calls a service: retries and hedges draw on it. Without one, three
/// attempts per call mean that a service that is overloaded is asked three times as often.
///
/// Safe to use from any thread. ``deposit(now:)``, which every call pays, adds to one atomic; the lock is taken ten
/// times per window and for each ``withdraw(now:)``.
public final class RetryBudget: Sendable {
    private struct Ledger {
        var state: RetryBudgetState
        var statistics = RetryBudgetStatistics()
    }

    /// Calls of the newest step that the ledger doesn't know yet.
    @usableFromInline let pending = Atomic<Int>(0)
    /// When the newest step of the ledger ends. Written under the lock.
    @usableFromInline let currentEnd = Atomic<Int64>(.min)
    private let ledger: Mutex<Ledger>

    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(_ configuration: RetryBudgetConfiguration = .init()) throws(InvalidConfiguration) {
        ledger = Mutex(Ledger(state: try RetryBudgetState(configuration)))
    }

    /// Counts a call that is made for the first time.
    @inlinable
    public func deposit(now: Instant) {
        if now.nanoseconds >= currentEnd.load(ordering: .relaxed) { advance(to: now) }
        pending.wrappingAdd(1, ordering: .relaxed)
    }

    /// Takes what one repetition costs.
    ///
    /// - Returns: whether the repetition may be made; false is counted.
    public func withdraw(now: Instant) -> Bool {
        ledger.withLock { ledger in
            settle(&ledger, now)
            let isAllowed = ledger.state.withdraw(now: now)
            if isAllowed { ledger.statistics.withdrawals += 1 } else { ledger.statistics.exhausted += 1 }
            return isAllowed
        }
    }

    /// What was counted, and what is left at `now`.
    public func statistics(now: Instant) -> RetryBudgetStatistics {
        ledger.withLock { ledger in
            settle(&ledger, now)
            ledger.statistics.balance = Double(ledger.state.balance(now: now)) / 1e6
            return ledger.statistics
        }
    }

    @usableFromInline
    func advance(to now: Instant) {
        ledger.withLock { settle(&$0, now) }
    }

    /// Writes down what is pending, and then forgets what is too old.
    private func settle(_ ledger: inout Ledger, _ now: Instant) {
        let calls = pending.exchange(0, ordering: .relaxed)
        ledger.statistics.deposits += UInt64(calls)
        ledger.state.add(calls)
        ledger.state.advance(to: now)
        currentEnd.store(ledger.state.currentEnd, ordering: .relaxed)
    }
}
