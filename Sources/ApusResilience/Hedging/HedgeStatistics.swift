// SPDX-License-Identifier: Apache-2.0

/// Why a call that could have had a further attempt got none. The raw value is what metrics show.
public enum HedgeStop: String, Sendable, Hashable, CaseIterable {
    /// The calls to this service were repeated as often as their budget allows.
    case budgetExhausted = "budget_exhausted"
    /// The peer asked for less.
    case pushBack = "push_back"
    /// This process let no further attempt through.
    case rejected
    /// The request can't be sent again any more: more of its body was taken than is kept.
    case notRepeatable = "not_repeatable"
    /// Too many attempts go on that nobody waits for.
    case stragglers
}

/// What a hedger did since it was made. The counters only rise, but for ``stragglers`` and ``delay``.
public struct HedgeStatistics: Sendable, Hashable {
    /// Calls that were begun, hedged or not.
    public internal(set) var calls: UInt64 = 0
    /// Attempts that were sent beside a first one.
    public internal(set) var sent: UInt64 = 0
    /// Calls whose answer came from such an attempt.
    public internal(set) var won: UInt64 = 0
    /// Calls that were stopped, by reason; a reason without any may be missing.
    public internal(set) var stops: [HedgeStop: UInt64] = [:]
    /// Attempts that go on though nobody waits for them.
    public internal(set) var stragglers = 0
    /// How long an attempt is waited for at present; nil before enough is known.
    public internal(set) var delay: Duration?
}
