// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// Decides about the retries of the calls to one service: ``RetryState`` with a budget, chance, a clock and counters.
///
/// ```swift
/// let retrier = try Retrier(budget: budget)
/// let users = transport.retrying(with: retrier)
/// ```
///
/// Whoever has no endpoint to wrap, as the gateway on its event loop, asks ``begin(deadline:)`` before the first attempt,
/// makes a ``state()`` when that fails, and asks ``decide(_:after:isRepeatable:isCancelled:deadline:now:)`` after each
/// failure.
///
/// Safe to use from any thread. A call that succeeds at once costs a reading of the clock and two atomics; the lock is
/// taken for failures only.
public final class Retrier: Sendable {
    /// When to retry and how long to wait.
    public let configuration: RetryConfiguration
    /// What the retries draw on; nil for without bound.
    public let budget: RetryBudget?

    @usableFromInline let time: TimeSource
    @usableFromInline let calls = Atomic<UInt64>(0)
    private let retries: Mutex<Retries>

    private struct Retries {
        var random: FastRandom
        var statistics = RetryStatistics()
    }

    /// - Parameters:
    ///   - configuration: when to retry and how long to wait.
    ///   - budget: what the retries draw on, shared by everything that calls the same service. Default nil: only the
    ///     attempts of each call are bounded, and an outage multiplies the load.
    ///   - time: the clock, the machine's by default.
    ///   - random: where the jitter comes from.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: RetryConfiguration = .init(), budget: RetryBudget? = nil, time: TimeSource = .system,
        random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.budget = budget
        self.time = time
        retries = Mutex(Retries(random: random))
    }

    /// Counts a call, here and in the budget.
    ///
    /// - Parameter deadline: of the whole call.
    /// - Returns: the time.
    /// - Throws: ``CallFailure/Code/deadlineExceeded`` if it has passed.
    @inlinable
    public func begin(deadline: Instant?) throws(CallFailure) -> Instant {
        let now = time.now
        if let deadline, now >= deadline { throw refuse() }
        calls.wrappingAdd(1, ordering: .relaxed)
        if let budget { budget.deposit(now: now) }
        return now
    }

    /// The attempts of a call, before the first has failed.
    public func state() -> RetryState { RetryState(configuration) }

    /// Decides what follows on a failed attempt, and counts it.
    ///
    /// - Parameters:
    ///   - state: the attempts of this call.
    ///   - failure: why it failed. Receives the number of attempts, and whether any of them may have reached a peer.
    ///   - isRepeatable: whether the request may be sent again though a peer may have seen it.
    ///   - isCancelled: whether the caller has gone away.
    ///   - deadline: of the whole call.
    ///   - now: the time.
    public func decide(
        _ state: inout RetryState, after failure: inout CallFailure, isRepeatable: Bool, isCancelled: Bool = false,
        deadline: Instant?, now: Instant
    ) -> RetryDecision {
        retries.withLock { retries in
            let decision = state.decide(
                after: &failure, isRepeatable: isRepeatable, isCancelled: isCancelled, deadline: deadline, now: now,
                using: &retries.random, withdrawing: { budget?.withdraw(now: now) ?? true })
            switch decision {
            case .retry(_, _, let reason): retries.statistics.retries[reason, default: 0] += 1
            case .giveUp(let reason): retries.statistics.giveUps[reason, default: 0] += 1
            }
            return decision
        }
    }

    /// Counts that a retry which was decided is not made after all.
    public func giveUp(_ reason: RetryGiveUpReason) {
        retries.withLock { $0.statistics.giveUps[reason, default: 0] += 1 }
    }

    /// What was counted so far.
    public var statistics: RetryStatistics {
        var statistics = retries.withLock { $0.statistics }
        statistics.calls = calls.load(ordering: .relaxed)
        return statistics
    }

    @usableFromInline
    func refuse() -> CallFailure {
        retries.withLock { $0.statistics.refused += 1 }
        return CallFailure(
            .deadlineExceeded, "no time is left for the call", stage: .admission, mayHaveReachedPeer: false)
    }
}
