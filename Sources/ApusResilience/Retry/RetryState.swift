// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The attempts of one call as a value: failures and the time go in, decisions come out.
///
/// What is tried again:
/// - only what ``RetryConfiguration/failures`` names,
/// - only what the request allows to be repeated, or what no peer can have seen in any attempt so far,
/// - only if the pause and ``RetryConfiguration/minimumAttemptTime`` end before the deadline: a call that can't succeed
///   any more fails at once and doesn't sleep first,
/// - at most ``RetryConfiguration/maximumAttempts`` times, the first included, and as often as the budget allows.
///
/// **Pauses.** What was never sent goes to the next instance at once. A `Retry-After` is waited for, with the first
/// pause of the back-off on top so that those who were told the same don't come back together; then the back-off starts
/// afresh. Everything else waits for the back-off.
///
/// A call ends with its last failure. That one then says how many attempts were made, and that a peer may have seen the
/// request if that holds for any of them.
///
/// Source of the rules: gRPC proposal A6, but that what was never sent counts as an attempt and draws on the budget here:
/// connection attempts are load as well.
public struct RetryState: Sendable {
    /// When to retry and how long to wait.
    public let configuration: RetryConfiguration
    /// How many attempts were made: by this layer, and for each as many as its failure tells of layers below.
    public private(set) var attempts = 0
    /// Whether a peer may have seen the request in one of them.
    public private(set) var mayHaveReachedPeer = false

    private var failures = 0
    private var pauses: BackoffSequence

    /// - Parameter configuration: must be valid.
    public init(_ configuration: RetryConfiguration = .init()) {
        self.configuration = configuration
        pauses = BackoffSequence(configuration.backoff)
    }

    /// Decides what follows on a failed attempt.
    ///
    /// - Parameters:
    ///   - failure: why it failed. Receives the number of attempts, and whether any of them may have reached a peer.
    ///   - isRepeatable: whether the request may be sent again though a peer may have seen it.
    ///   - isCancelled: whether the caller has gone away.
    ///   - deadline: of the whole call.
    ///   - now: the time.
    ///   - random: where the jitter comes from.
    ///   - withdraw: takes the price of a retry from a budget; asked last, when nothing else is in the way. Default: an
    ///     endless budget.
    public mutating func decide(
        after failure: inout CallFailure, isRepeatable: Bool, isCancelled: Bool = false, deadline: Instant?,
        now: Instant, using random: inout some RandomNumberGenerator, withdrawing withdraw: () -> Bool = { true }
    ) -> RetryDecision {
        let wasSent = failure.mayHaveReachedPeer
        note(&failure)
        if isCancelled || failure.code == .cancelled { return .giveUp(.cancelled) }
        guard configuration.failures.contains(failure) else { return .giveUp(.notRetryable) }
        if let deadline, now >= deadline { return .giveUp(.noTimeLeft) }
        if mayHaveReachedPeer, !isRepeatable { return .giveUp(.notRepeatable) }
        guard failures < configuration.maximumAttempts else { return .giveUp(.attemptsExhausted) }
        if let retryAfter = failure.retryAfter, retryAfter > configuration.maximumRetryAfter {
            return .giveUp(.retryAfterTooLong)
        }
        let pause = pause(after: failure, wasSent: wasSent, using: &random)
        guard fits(after: pause, now: now, deadline: deadline) else { return .giveUp(.noTimeLeft) }
        guard withdraw() else { return .giveUp(.budgetExhausted) }
        return .retry(
            after: pause, avoidPrevious: failure.retryAfter == nil, RetryReason(failure.code, wasSent: wasSent))
    }

    /// Whether an attempt that begins at `now` can end before the deadline: to be asked again after a pause, which may
    /// have taken longer than it should.
    public func mayBegin(now: Instant, deadline: Instant?) -> Bool {
        fits(after: .zero, now: now, deadline: deadline)
    }

    private mutating func note(_ failure: inout CallFailure) {
        failures += 1
        attempts += max(1, failure.attempts)
        mayHaveReachedPeer = mayHaveReachedPeer || failure.mayHaveReachedPeer
        failure.attempts = attempts
        failure.mayHaveReachedPeer = mayHaveReachedPeer
    }

    private mutating func pause(
        after failure: CallFailure, wasSent: Bool, using random: inout some RandomNumberGenerator
    ) -> Duration {
        if let retryAfter = failure.retryAfter {
            pauses.reset()
            return max(.zero, retryAfter) + pauses.next(using: &random)
        }
        return wasSent || failure.stage == .admission ? pauses.next(using: &random) : .zero
    }

    private func fits(after pause: Duration, now: Instant, deadline: Instant?) -> Bool {
        guard let deadline else { return true }
        let start = now.advanced(by: pause)
        return start < deadline && start.advanced(by: configuration.minimumAttemptTime) <= deadline
    }
}
