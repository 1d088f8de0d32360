// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What to do next with a call that is hedged.
public enum HedgeDecision: Sendable, Hashable {
    /// Nothing until an attempt ends, or until this moment if there is one.
    case wait(until: Instant?)
    /// Send another attempt now, and then wait until this moment, if there is one.
    case send(thenWaitUntil: Instant?)
    /// The call has failed. Attempts that are still out are not waited for.
    case giveUp
}

/// The attempts of a hedged call as a value: what ends and the time go in, decisions come out.
///
/// The first attempt always goes. When it isn't answered within the delay another is sent, then the next after the
/// delay again, up to ``HedgeConfiguration/maximumExtraAttempts``.
/// - The first success ends the call, whoever it comes from.
/// - A failure that another attempt may mend sends the next one at once.
/// - Push-back (a `Retry-After`, a 429, an overload) and a rejection of this process stop further attempts; those that
///   are out are waited for.
/// - Any other failure ends the call.
///
/// No attempt is sent past the deadline, and each draws on the budget; if that is exhausted there are no more. When the
/// last attempt that was out has failed, the call fails with what that failed with; a rejection of this process, which
/// says nothing about the peer, is told only if there is nothing else.
///
/// Source of the rules: gRPC proposal A6.
public struct HedgeState: Sendable {
    /// Attempts that were sent, the first included.
    public private(set) var sent = 1
    /// Attempts that have not ended.
    public private(set) var inFlight = 1
    /// Why no further attempt is sent, if one could be.
    public private(set) var stopped: HedgeStop?

    private let maximum: Int
    private let delay: Duration
    private let deadline: Instant?
    private let failures: RetryableFailures
    private var due: Instant
    private var told: CallFailure?
    private var attemptsBelow = 0
    private var mayHaveReachedPeer = false

    /// A call whose first attempt is sent at `now`.
    ///
    /// - Parameters:
    ///   - configuration: must be valid. Its delay is not looked at.
    ///   - delay: how long an attempt is waited for.
    ///   - deadline: of the whole call.
    public init(_ configuration: HedgeConfiguration, delay: Duration, deadline: Instant?, now: Instant) {
        maximum = configuration.maximumExtraAttempts + 1
        failures = configuration.failures
        self.delay = delay
        self.deadline = deadline
        due = now.advanced(by: delay)
    }

    /// Until when to wait for the first attempt, or what follows on a moment that was waited for. A moment that is too
    /// early does no harm.
    ///
    /// - Parameter withdraw: takes the price of an attempt from a budget.
    public mutating func advance(to now: Instant, withdrawing withdraw: () -> Bool = { true }) -> HedgeDecision {
        guard let next, now >= next else { return .wait(until: next) }
        return send(now: now, withdrawing: withdraw)
    }

    /// What follows on an attempt that failed.
    ///
    /// - Parameters:
    ///   - failed: why.
    ///   - withdraw: takes the price of an attempt from a budget.
    public mutating func fail(
        _ failed: CallFailure, now: Instant, withdrawing withdraw: () -> Bool = { true }
    ) -> HedgeDecision {
        inFlight -= 1
        note(failed)
        if failed.stage == .admission, failed.code != .cancelled {
            stop(.rejected)
        } else if isPushBack(failed) {
            stop(.pushBack)
        } else if failures.contains(failed) {
            if case .send(let next) = send(now: now, withdrawing: withdraw) { return .send(thenWaitUntil: next) }
        } else {
            return .giveUp
        }
        return inFlight == 0 ? .giveUp : .wait(until: next)
    }

    /// Sends no further attempt, if there is one left to send.
    public mutating func stop(_ reason: HedgeStop) {
        if stopped == nil, sent < maximum { stopped = reason }
    }

    /// What the call fails with if it fails now; nil if no attempt has failed. Says how many attempts were made, and that
    /// a peer may have seen the request if that holds for any that failed, or if one is still out.
    public var failure: CallFailure? {
        guard var failure = told else { return nil }
        failure.attempts = attemptsBelow + inFlight
        failure.mayHaveReachedPeer = mayHaveReachedPeer || inFlight > 0
        return failure
    }

    /// When the next attempt is due if none ends before; nil if there will be none.
    public var next: Instant? {
        guard stopped == nil, sent < maximum else { return nil }
        if let deadline, due >= deadline { return nil }
        return due
    }

    private mutating func send(now: Instant, withdrawing withdraw: () -> Bool) -> HedgeDecision {
        guard stopped == nil, sent < maximum else { return .wait(until: nil) }
        if let deadline, now >= deadline { return .wait(until: nil) }
        guard withdraw() else {
            stop(.budgetExhausted)
            return .wait(until: nil)
        }
        sent += 1
        inFlight += 1
        due = now.advanced(by: delay)
        return .send(thenWaitUntil: next)
    }

    private mutating func note(_ failed: CallFailure) {
        attemptsBelow += max(1, failed.attempts)
        mayHaveReachedPeer = mayHaveReachedPeer || failed.mayHaveReachedPeer
        if told == nil || failed.stage != .admission { told = failed }
    }

    private func isPushBack(_ failed: CallFailure) -> Bool {
        failed.retryAfter != nil || failed.code == .overloaded || failed.status == 429
    }
}
