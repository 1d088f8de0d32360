// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What a closed breaker looks at.
struct TripSignals: OptionSet, Sendable {
    let rawValue: UInt8

    static let consecutiveFailures = TripSignals(rawValue: 1 << 0)
    static let failureRate = TripSignals(rawValue: 1 << 1)
    static let slowCallRate = TripSignals(rawValue: 1 << 2)
    static let retryAfter = TripSignals(rawValue: 1 << 3)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The signal that gives `reason`; none for those that a closed breaker doesn't give.
    init(_ reason: CircuitBreakerTripReason) {
        switch reason {
        case .consecutiveFailures: self = .consecutiveFailures
        case .failureRate: self = .failureRate
        case .slowCallRate: self = .slowCallRate
        case .retryAfter: self = .retryAfter
        case .probeFailed, .probeSlow, .probeTimedOut, .forced: self = []
        }
    }
}

// What an outcome does to the state.
extension CircuitBreakerState {
    mutating func record(
        generation permit: UInt32, admittedAt: Int64, _ outcome: CallOutcome, now: Instant
    ) -> CircuitBreakerTransition? {
        guard mode != .disabled else { return nil }
        guard permit == permitGeneration else {
            counters.late += 1
            return nil
        }
        switch outcome {
        case .ignored:
            counters.ignored += 1
            if phase == .halfOpen { probesOut -= 1 }
            return nil
        case .cancelled:
            counters.cancelled += 1
            if phase == .halfOpen { probesOut -= 1 }
            return nil
        case .success, .failure, .failureRetryAfter:
            let (elapsed, overflow) = now.nanoseconds.subtractingReportingOverflow(admittedAt)
            let isSlow = !overflow && elapsed > limits.slowDuration
            if isSlow { counters.slow += 1 }
            if outcome.isFailure { counters.failures += 1 } else { counters.successes += 1 }
            return phase == .halfOpen
                ? recordProbe(outcome, slowBy: isSlow ? elapsed : nil, now: now)
                : recordCall(outcome, isSlow: isSlow, now: now)
        }
    }

    /// Counts calls that succeeded in time while the breaker was closed, in the newest bucket of the window.
    mutating func recordSuccesses(_ count: Int) {
        guard count > 0 else { return }
        counters.successes += UInt64(count)
        consecutiveFailures = 0
        window.recordSuccesses(count)
    }

    private mutating func recordCall(
        _ outcome: CallOutcome, isSlow: Bool, now: Instant
    ) -> CircuitBreakerTransition? {
        let isFailure = outcome.isFailure
        consecutiveFailures = isFailure ? consecutiveFailures + 1 : 0
        window.record(failed: isFailure, slow: isSlow, at: now.nanoseconds)
        guard isFailure || isSlow else { return nil }
        switch mode {
        case .enabled:
            guard let reason = crossed(by: outcome, isSlow: isSlow) else { return nil }
            return trip(reason, at: now.nanoseconds, retryAfter: outcome.retryAfter)
        case .metricsOnly:
            while let reason = crossed(by: outcome, isSlow: isSlow) {
                reported.insert(TripSignals(reason))
                crossings.append(reason)
            }
            return advance(to: now)
        case .disabled, .forcedOpen, .forcedClosed:
            return nil
        }
    }

    /// Why a call that failed or was slow crosses a threshold that wasn't reported yet; nil if it crosses none.
    ///
    /// Changes nothing: `mutating` keeps the state, which is large, from being copied.
    private mutating func crossed(by outcome: CallOutcome, isSlow: Bool) -> CircuitBreakerTripReason? {
        let totals = window.totals
        if outcome.isFailure {
            if consecutiveFailures >= limits.consecutiveFailures, !reported.contains(.consecutiveFailures) {
                return .consecutiveFailures(consecutiveFailures)
            }
            if limits.isReached(limits.failuresPerMillion, totals.failures, of: totals.calls),
                !reported.contains(.failureRate)
            {
                return .failureRate(failures: totals.failures, calls: totals.calls)
            }
        }
        if isSlow, limits.isReached(limits.slowPerMillion, totals.slow, of: totals.calls),
            !reported.contains(.slowCallRate)
        {
            return .slowCallRate(slow: totals.slow, calls: totals.calls)
        }
        if limits.tripsOnRetryAfter, case .failureRetryAfter(let wait) = outcome, !reported.contains(.retryAfter) {
            return .retryAfter(wait)
        }
        return nil
    }

    private mutating func recordProbe(
        _ outcome: CallOutcome, slowBy elapsed: Int64?, now: Instant
    ) -> CircuitBreakerTransition? {
        if outcome.isFailure { return trip(.probeFailed, at: now.nanoseconds, retryAfter: outcome.retryAfter) }
        if let elapsed, limits.slowProbesFail {
            return trip(.probeSlow(.nanoseconds(elapsed)), at: now.nanoseconds)
        }
        probesOut -= 1
        probesSucceeded += 1
        guard probesSucceeded >= limits.halfOpenPermits else { return nil }
        return close(at: now.nanoseconds)
    }
}

extension CallOutcome {
    /// How long the peer asked to be left alone, in nanoseconds; 0 if it didn't.
    fileprivate var retryAfter: Int64 {
        if case .failureRetryAfter(let wait) = self { max(0, wait.nanoseconds) } else { 0 }
    }
}
