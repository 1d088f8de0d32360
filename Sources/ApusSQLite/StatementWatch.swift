// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import GRDB
internal import GRDBSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What SQLite asks on a connection while it runs something: whether to go on.
///
/// Asked between its steps, so what takes a single step isn't ended: a count of all rows of a table, a call of a
/// function.
struct StatementWatch {
    /// SQLite's steps between two questions: some ten microseconds.
    private static let steps: CInt = 1_000
    /// Milliseconds between two tries for a lock that another process has, at most.
    private static let longestPause: CInt = 32

    private let caller: Caller
    private let others: [Caller]
    private let connection: SQLiteConnection
    private let isReadOnly: Bool
    private var hasEnded = false
    private var lastTry = Instant.distantFuture

    /// Runs `work` on `connection`, until it ends or none of the callers wants it any more. Afterwards nothing is watched.
    ///
    /// What was ended has changed nothing: SQLite undoes a statement that is a transaction of its own, and inside a
    /// transaction one that writes takes everything with it.
    ///
    /// - Parameters:
    ///   - others: callers besides.
    ///   - isReadOnly: whether no statement of it writes.
    /// - Throws: what `work` does; `timeout` or `cancelled` if it was ended.
    static func run<Value>(
        on connection: GRDB.Database, for caller: Caller, _ others: [Caller] = [], isReadOnly: Bool,
        _ work: () throws -> Value
    ) throws -> Value {
        guard let handle = connection.sqliteConnection else { throw WriteLane.closedError }
        var watch = StatementWatch(caller: caller, others: others, connection: handle, isReadOnly: isReadOnly)
        do {
            return try withUnsafeMutablePointer(to: &watch) { watch in
                begin(watch, on: handle)
                defer { end(on: handle, busyTimeout: caller.busyTimeout) }
                return try work()
            }
        } catch {
            guard watch.hasEnded, let refusal = caller.refusal("while the statement ran") else { throw error }
            // It may have been done already when it was asked for the last time.
            if !isReadOnly, connection.isInsideTransaction { try connection.execute(sql: "ROLLBACK") }
            throw refusal
        }
    }

    private init(caller: Caller, others: [Caller], connection: SQLiteConnection, isReadOnly: Bool) {
        self.caller = caller
        self.others = others
        self.connection = connection
        self.isReadOnly = isReadOnly
    }

    private static func begin(_ watch: UnsafeMutablePointer<StatementWatch>, on connection: SQLiteConnection) {
        sqlite3_progress_handler(
            connection, steps,
            { context in
                guard let watch = context?.assumingMemoryBound(to: StatementWatch.self) else { return 0 }
                return watch.pointee.endsNow() ? 1 : 0
            }, watch)
        sqlite3_busy_handler(
            connection,
            { context, number in
                guard let watch = context?.assumingMemoryBound(to: StatementWatch.self) else { return 0 }
                return watch.pointee.triesAgain(after: number) ? 1 : 0
            }, watch)
    }

    private static func end(on connection: SQLiteConnection, busyTimeout: Duration) {
        sqlite3_progress_handler(connection, 0, nil, nil)
        // Takes the place of the other handler.
        sqlite3_busy_timeout(connection, CInt(clamping: busyTimeout.nanoseconds / 1_000_000))
    }

    private var isWanted: Bool { caller.isWaiting || others.contains(where: \.isWaiting) }

    /// Whether what runs is to end.
    private mutating func endsNow() -> Bool {
        if isWanted { return false }
        // SQLite asks also when a statement has just committed itself, which mustn't look as if it hadn't run.
        guard isReadOnly || sqlite3_txn_state(connection, nil) == SQLITE_TXN_WRITE else { return false }
        hasEnded = true
        return true
    }

    /// Whether to try again for a lock, after a pause.
    private mutating func triesAgain(after number: CInt) -> Bool {
        let now = Instant.now
        if number == 0 { lastTry = now.advanced(by: caller.busyTimeout) }
        hasEnded = !isWanted
        guard !hasEnded, now < lastTry else { return false }
        usleep(UInt32(min(Self.longestPause, 1 << min(number, 5))) * 1_000)
        return true
    }
}
