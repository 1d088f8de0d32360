// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusSQL
internal import GRDB

/// A SQLite database through GRDB: write-ahead log, one writer, several readers, foreign keys on, every commit synced.
///
/// Statements never run on the caller's thread: reads go to GRDB's reader connections, writes to one writer thread. The
/// body of a transaction runs on that thread too, so that its statements cost no hop, and returns to the caller's
/// executor at its end. Independent writes that wait for the writer at the same moment share one commit (group commit):
/// each is still all or nothing, and returns only after the commit.
///
/// In memory there is one connection, so a read waits for a transaction in progress instead of seeing through it.
public final class SQLiteDatabase: ApusSQL.Database {
    /// Where it lives, and how it was opened.
    public let location: SQLiteLocation
    public let configuration: SQLiteConfiguration
    private let storage: any DatabaseWriter
    private let lane: WriteLane

    /// The transactions in whose bodies the current task runs, or was begun.
    @TaskLocal private static var enclosing: [SQLiteTransaction] = []

    init(
        location: SQLiteLocation, configuration: SQLiteConfiguration, storage: any DatabaseWriter,
        executor: WriterExecutor
    ) {
        self.location = location
        self.configuration = configuration
        self.storage = storage
        lane = WriteLane(
            storage: storage, executor: executor, maximumWaiters: configuration.maximumWaiters,
            maximumGroup: configuration.maximumGroup, time: configuration.time)
    }

    /// SQLite's.
    public var dialect: Dialect { .sqlite }

    /// Reads go to a reader, so they never wait for a transaction, except in memory.
    public func query(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        try StatementAdmission.check(at: configuration.time.now)
        let statement = RenderedStatement(sql)
        if location != .memory, statement.looksReadOnly, let rows = try await read(statement) {
            return rows
        }
        try refuseInsideTransaction()
        return try await lane.run(WriteUnit(query: statement), until: CallContext.currentDeadline).rows
    }

    /// One of a group that shares a commit, if others wait too.
    @discardableResult
    public func execute(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> Int {
        try StatementAdmission.check(at: configuration.time.now)
        try refuseInsideTransaction()
        return try await lane.run(
            WriteUnit(execute: RenderedStatement(sql)), until: CallContext.currentDeadline
        ).changes[0]
    }

    @discardableResult
    public func batch(_ statements: [ApusSQL.SQL]) async throws(ApusSQL.DatabaseError) -> [Int] {
        if statements.isEmpty { return [] }
        try StatementAdmission.check(at: configuration.time.now)
        try refuseInsideTransaction()
        return try await lane.run(
            WriteUnit(batch: statements.map(RenderedStatement.init)), until: CallContext.currentDeadline
        ).changes
    }

    @discardableResult
    public func transaction<Value: Sendable>(
        isolation: Isolation, at place: CallSite, _ body: (any ApusSQL.Transaction) async throws -> Value
    ) async throws -> Value {
        try StatementAdmission.check(at: configuration.time.now)
        try refuseInsideTransaction()
        try await lane.acquire()
        defer { lane.release() }
        try StatementAdmission.check(at: configuration.time.now)
        let transaction = SQLiteTransaction(storage: storage, executor: lane.executor, time: configuration.time)
        let enclosing = Self.enclosing + [transaction]
        let value = try await withTaskExecutorPreference(lane.executor) {
            try await Self.$enclosing.withValue(enclosing) {
                try await transaction.perform(body)
            }
        }
        transaction.runCommitActions()
        return value
    }

    /// Reads from a reader connection, which is kept until the end. In memory, and for a statement that writes, all rows are
    /// fetched at once.
    public func stream(
        _ sql: ApusSQL.SQL, piece: Int, _ body: ([ApusSQL.Row]) async throws -> Void
    ) async throws {
        try StatementAdmission.check(at: configuration.time.now)
        let statement = RenderedStatement(sql)
        guard location != .memory, statement.looksReadOnly, !lane.isClosed else {
            let rows = try await query(sql)
            for start in stride(from: 0, to: rows.count, by: max(1, piece)) {
                try await body(Array(rows[start..<min(rows.count, start + max(1, piece))]))
            }
            return
        }
        let handover = RowHandover()
        storage.asyncUnsafeRead { connection in
            handover.produce { (offer) throws(ApusSQL.DatabaseError) in
                try statement.stream(opening: connection, piece: max(1, piece), offer)
            }
        }
        defer { handover.leave() }
        while let rows = try await handover.next() {
            try await body(rows)
            try StatementAdmission.check(at: configuration.time.now)
        }
    }

    /// Callers that wait for the writer at this moment, for metrics.
    public var waiters: Int { lane.waiters }

    public func close() async {
        await lane.close()
    }

    /// Runs `statement` on a reader; nil if it turns out to write.
    private func read(_ statement: RenderedStatement) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row]? {
        if lane.isClosed { throw WriteLane.closedError }
        let storage = storage
        return try await withUnsafeContinuation {
            (continuation: UnsafeContinuation<Result<[ApusSQL.Row]?, ApusSQL.DatabaseError>, Never>) in
            storage.asyncUnsafeRead { connection in
                continuation.resume(
                    returning: Result { () throws(ApusSQL.DatabaseError) in
                        try statement.readRows(opening: connection)
                    })
            }
        }.get()
    }

    private func refuseInsideTransaction() throws(ApusSQL.DatabaseError) {
        guard !Self.enclosing.contains(where: { $0.storage === storage && $0.isOpen }) else {
            throw ApusSQL.DatabaseError(
                .misuse, "inside a transaction use the transaction that was passed, or it would wait for itself")
        }
    }
}
