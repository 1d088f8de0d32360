// SPDX-License-Identifier: Apache-2.0

/// What a retry budget did since it was made, and what it has left.
public struct RetryBudgetStatistics: Sendable, Hashable {
    /// Repetitions that could be made now.
    public internal(set) var balance = 0.0
    /// Calls that were counted.
    public internal(set) var deposits: UInt64 = 0
    /// Repetitions that were allowed.
    public internal(set) var withdrawals: UInt64 = 0
    /// Repetitions that were refused because the budget was exhausted.
    public internal(set) var exhausted: UInt64 = 0
}
