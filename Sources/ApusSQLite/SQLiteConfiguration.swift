// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How a SQLite database is opened.
public struct SQLiteConfiguration: Sendable {
    /// How safely a commit is stored.
    public enum Synchronous: Int, Sendable {
        /// Survives the crash of the process; the last commits may be lost when the power fails.
        case normal = 1
        /// Synced before the commit returns: survives the loss of power too.
        case full = 2
    }

    /// Default: full.
    public var synchronous: Synchronous
    /// How long a statement waits for another process that holds a lock. Default: 5 s. At least zero.
    public var busyTimeout: Duration
    /// Connections for reading at the same time, of which streams have one less at most. With 1, streams have another one
    /// beside it, opened when the first stream begins. Default: 4. 1 to 64.
    public var maximumReaders: Int
    /// Callers that may wait for the writer before `overloaded` is thrown, and as many for a reader. Default: 10,000. At least 1.
    public var maximumWaiters: Int
    /// Statements of different callers that share one commit at most. Default: 128. At least 1.
    public var maximumGroup: Int
    /// What deadlines are compared with.
    public var time: TimeSource

    public init(
        synchronous: Synchronous = .full, busyTimeout: Duration = .seconds(5), maximumReaders: Int = 4,
        maximumWaiters: Int = 10_000, maximumGroup: Int = 128, time: TimeSource = .system
    ) {
        self.synchronous = synchronous
        self.busyTimeout = busyTimeout
        self.maximumReaders = maximumReaders
        self.maximumWaiters = maximumWaiters
        self.maximumGroup = maximumGroup
        self.time = time
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(busyTimeout >= .zero, "busyTimeout", "must not be negative, is \(busyTimeout)")
        problems.require(
            (1...64).contains(maximumReaders), "maximumReaders", "must be from 1 to 64, is \(maximumReaders)")
        problems.require(maximumWaiters >= 1, "maximumWaiters", "must be at least 1, is \(maximumWaiters)")
        problems.require(maximumGroup >= 1, "maximumGroup", "must be at least 1, is \(maximumGroup)")
        return problems
    }
}
