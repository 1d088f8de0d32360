// SPDX-License-Identifier: Apache-2.0

/// What a bulkhead does, and did since it was made.
public struct BulkheadStatistics: Sendable, Hashable {
    /// How many calls may run at once.
    public internal(set) var maximumCalls = 0
    /// How many do.
    public internal(set) var inFlight = 0
    /// How many wait.
    public internal(set) var waiting = 0
    /// Calls let through, at once or after a wait. This and what follows only rise.
    public internal(set) var admitted: UInt64 = 0
    /// Calls that had to wait, whatever became of them.
    public internal(set) var waited: UInt64 = 0
    /// Refused since all was full.
    public internal(set) var full: UInt64 = 0
    /// Refused after the maximum wait.
    public internal(set) var timedOut: UInt64 = 0
    /// Refused since their deadline had passed.
    public internal(set) var deadlinePassed: UInt64 = 0
    /// Waiters that were cancelled.
    public internal(set) var cancelled: UInt64 = 0
}
