// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusSQL

/// How a SQLite database is opened.
public struct SQLiteConfiguration: Sendable {
    /// How safely a commit is stored.
    public enum Synchronous: Int, Sendable {
        /// Survives the crash of the process; the last commits may be lost when the power fails.
        case normal = 1
        /// Synced before the commit returns: survives the loss of power too.
        case full = 2
    }

    public var synchronous: Synchronous
    /// How long a statement waits for another process that holds a lock. Default: 5 s. At least zero.
    public var busyTimeout: Duration
    /// Connections for reading at the same time. Default: 4. 1 to 64.
    public var maximumReaders: Int
    /// Callers that may wait for the writer before `overloaded` is thrown. Default: 10,000. At least 1.
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

    /// - Throws: `misuse` listing every value that is out of range.
    public func validate() throws(DatabaseError) {
        var problems: [String] = []
        if busyTimeout < .zero { problems.append("busyTimeout \(busyTimeout) is negative") }
        if !(1...64).contains(maximumReaders) { problems.append("maximumReaders \(maximumReaders) isn't in 1...64") }
        if maximumWaiters < 1 { problems.append("maximumWaiters \(maximumWaiters) is below 1") }
        if maximumGroup < 1 { problems.append("maximumGroup \(maximumGroup) is below 1") }
        guard problems.isEmpty else {
            throw DatabaseError(.misuse, "SQLiteConfiguration: " + problems.joined(separator: "; "))
        }
    }
}
