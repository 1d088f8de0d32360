// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// Decides about the hedges of the calls to one service: the delay, the budget, a clock and counters.
///
/// ```swift
/// let hedger = try Hedger(budget: budget)
/// let users = transport.hedging(with: hedger)
/// ```
///
/// Why: when one call in a hundred meets an instance that pauses, the second instance answers long before the first. The
/// price is the share of calls that are sent twice, so hedge only what is cheap and may be repeated, and bound it by a
/// budget. Cold start: with a percentile nothing is hedged before ``HedgeConfiguration/minimumCalls`` have answered.
///
/// What is measured is how long the first attempts take. One that loses counts with the time that it was waited for:
/// left out, it would make the service look faster the more is hedged.
///
/// Safe to use from any thread.
public final class Hedger: Sendable {
    /// When to hedge.
    public let configuration: HedgeConfiguration
    /// What the hedges draw on; nil for without bound.
    public let budget: RetryBudget?

    @usableFromInline let time: TimeSource
    @usableFromInline let deposits: Bool
    @usableFromInline let measures: Bool
    @usableFromInline let calls = Atomic<UInt64>(0)
    /// The delay in nanoseconds, -1 before it is known. Written under the lock.
    private let delay: Atomic<Int64>
    private let latencies: Mutex<Latencies>
    private let counters = Mutex(HedgeStatistics())
    let stragglers = Stragglers()

    private struct Latencies {
        var digest: LatencyDigest
        var refresh = Int64.min
    }

    /// - Parameters:
    ///   - configuration: when to hedge.
    ///   - budget: what the hedges draw on, shared by everything that calls the same service. Default nil: only the
    ///     attempts of each call are bounded.
    ///   - depositing: whether each call is counted in the budget. Default true; false if a ``RetryLayer`` above draws
    ///     on the same budget, which counts the calls already.
    ///   - time: the clock, the machine's by default.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: HedgeConfiguration = .init(), budget: RetryBudget? = nil, depositing: Bool = true,
        time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.budget = budget
        self.time = time
        deposits = depositing && budget != nil
        switch configuration.delay {
        case .fixed(let fixed):
            measures = false
            delay = Atomic(fixed.nanoseconds)
        case .percentile:
            measures = true
            delay = Atomic(-1)
        }
        latencies = Mutex(Latencies(digest: LatencyDigest(window: configuration.window)))
    }

    /// Counts a call, here and in the budget.
    ///
    /// - Returns: the time.
    @inlinable
    public func begin() -> Instant {
        let now = time.now
        calls.wrappingAdd(1, ordering: .relaxed)
        if deposits, let budget { budget.deposit(now: now) }
        return now
    }

    /// The attempts of a call that begins at `now`; nil if there is nothing to hedge: hedging is off, not enough is
    /// known yet, or the deadline comes before the delay is over.
    public func state(deadline: Instant?, now: Instant) -> HedgeState? {
        let delay = delay.load(ordering: .relaxed)
        guard delay >= 0, configuration.maximumExtraAttempts > 0 else { return nil }
        if let deadline, now.advanced(by: .nanoseconds(delay)) >= deadline { return nil }
        return HedgeState(configuration, delay: .nanoseconds(delay), deadline: deadline, now: now)
    }

    /// Notes that a first attempt began at `start` and was answered at `now`, or was waited for until then.
    public func record(since start: Instant, now: Instant) {
        guard measures, case .percentile(let share, let minimum) = configuration.delay else { return }
        latencies.withLock { latencies in
            latencies.digest.record(start.duration(to: now), now: now)
            let count = latencies.digest.count
            guard now.nanoseconds >= latencies.refresh || count == configuration.minimumCalls else { return }
            latencies.refresh = now.advanced(by: .seconds(1)).nanoseconds
            let quantile = count < configuration.minimumCalls ? nil : latencies.digest.quantile(share, now: now)
            delay.store(quantile.map { max($0, minimum).nanoseconds } ?? -1, ordering: .relaxed)
        }
    }

    /// What was counted so far.
    public var statistics: HedgeStatistics {
        var statistics = counters.withLock { $0 }
        statistics.calls = calls.load(ordering: .relaxed)
        statistics.stragglers = stragglers.count
        let delay = delay.load(ordering: .relaxed)
        statistics.delay = delay < 0 ? nil : .nanoseconds(delay)
        return statistics
    }

    /// Whether the next attempt may be sent as far as its price goes.
    func withdraw(now: Instant) -> Bool { budget?.withdraw(now: now) ?? true }

    /// Counts what became of a call.
    ///
    /// - Parameter winner: the attempt that answered, counted from 1; nil if none did.
    func end(_ state: HedgeState, winner: Int?) {
        guard state.sent > 1 || state.stopped != nil else { return }
        counters.withLock { counters in
            counters.sent += UInt64(state.sent - 1)
            if let winner, winner > 1 { counters.won += 1 }
            if let reason = state.stopped { counters.stops[reason, default: 0] += 1 }
        }
    }
}
