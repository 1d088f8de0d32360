// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What to do after an attempt that failed.
public enum RetryDecision: Sendable, Hashable {
    /// Try again after a pause, which may be zero. `avoidPrevious`: rather at another instance.
    case retry(after: Duration, avoidPrevious: Bool, RetryReason)
    /// The call has failed with what the last attempt failed with.
    case giveUp(RetryGiveUpReason)
}

/// Why a call is tried again. The raw value is what metrics show.
public enum RetryReason: String, Sendable, Hashable, CaseIterable {
    /// No peer can have seen the request.
    case notSent = "not_sent"
    /// The connection ended before the answer was complete.
    case connectionLost = "connection_lost"
    /// The attempt's own time was up, the call's was not.
    case attemptTimeout = "attempt_timeout"
    /// The peer answered with a status that is worth another attempt.
    case status
    /// Another code that the configuration names.
    case other

    init(_ code: CallFailure.Code, wasSent: Bool) {
        self =
            if !wasSent {
                .notSent
            } else if code == .connectionLost {
                .connectionLost
            } else if code == .deadlineExceeded {
                .attemptTimeout
            } else if code == .unexpectedStatus {
                .status
            } else {
                .other
            }
    }
}

/// Why a call is not tried again. The raw value is what metrics show.
public enum RetryGiveUpReason: String, Sendable, Hashable, CaseIterable {
    /// The caller has gone away.
    case cancelled
    /// Another attempt would not mend it.
    case notRetryable = "not_retryable"
    /// A peer may have seen the request, and it must not be repeated.
    case notRepeatable = "not_repeatable"
    /// The most attempts were made.
    case attemptsExhausted = "attempts_exhausted"
    /// The peer asked for a longer pause than is allowed.
    case retryAfterTooLong = "retry_after_too_long"
    /// The deadline has passed, or another attempt could not end before it.
    case noTimeLeft = "no_time_left"
    /// The calls to this service were repeated as often as their budget allows.
    case budgetExhausted = "budget_exhausted"
}
