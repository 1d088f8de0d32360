// SPDX-License-Identifier: Apache-2.0

/// What a retrier did since it was made. The counters only rise.
public struct RetryStatistics: Sendable, Hashable {
    /// Calls that were begun.
    public internal(set) var calls: UInt64 = 0
    /// Calls that were refused because their deadline had passed before the first attempt.
    public internal(set) var refused: UInt64 = 0
    /// Decisions to try again, by reason; a reason without any may be missing.
    public internal(set) var retries: [RetryReason: UInt64] = [:]
    /// Decisions to give up, by reason; a reason without any may be missing.
    public internal(set) var giveUps: [RetryGiveUpReason: UInt64] = [:]

    /// Attempts: the first of each call, and the retries.
    public var attempts: UInt64 { retries.values.reduce(calls, +) }
    /// Calls that failed because the budget was exhausted.
    public var budgetExhausted: UInt64 { giveUps[.budgetExhausted] ?? 0 }
}
