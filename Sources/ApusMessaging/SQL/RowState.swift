// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL

/// The states of a row, as constants of statements: only so are partial indexes used.
enum RowState {
    /// It may be claimed.
    static let ready: SQL = "0"
    /// A worker has it, until `due_at`.
    static let inHand: SQL = "1"
    /// It is finished, and known for a while.
    static let done: SQL = "2"
    static let dead: SQL = "3"
    /// It may be claimed from `due_at` on.
    static let scheduled: SQL = "4"
    /// It waits for an earlier one of its ordering key.
    static let blocked: SQL = "5"
    /// What isn't finished: ready, in hand, scheduled or blocked.
    static let live: SQL = "(0, 1, 4, 5)"
    /// What becomes ready when `due_at` comes.
    static let timed: SQL = "(1, 4)"
}
