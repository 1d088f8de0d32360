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
/// Whoever waits for the writer or a reader, and what runs, ends when the deadline of the call passes or the task is
/// cancelled; a commit isn't interrupted, and who shares one with others is told with them. What has begun is asked
/// between SQLite's steps: a count of all rows of a table is a single one. A statement that writes and is ended inside a
/// transaction rolls that back.
///
/// Statements can't begin or end transactions and savepoints: these are refused with `misuse`.
///
/// In memory there is one connection, so a read waits for a transaction in progress instead of seeing through it.
public final class SQLiteDatabase: ApusSQL.Database {
    /// Where it lives, and how it was opened.
    public let location: SQLiteLocation
    public let configuration: SQLiteConfiguration
    private let storage: any DatabaseWriter
    private let lane: WriteLane
    private let gate: ReaderGate

    /// The transactions in whose bodies the current task runs, or was begun.
    @TaskLocal private static var enclosing: [SQLiteTransaction] = []
    /// The streams, likewise.
    @TaskLocal private static var enclosingStreams: [StreamPlace] = []

    /// - Parameter gate: admits to as many readers as `storage` has.
    init(
        location: SQLiteLocation, configuration: SQLiteConfiguration, storage: any DatabaseWriter,
        executor: WriterExecutor, gate: ReaderGate
    ) {
        self.location = location
        self.configuration = configuration
        self.storage = storage
        lane = WriteLane(
            storage: storage, executor: executor, maximumWaiters: configuration.maximumWaiters,
            maximumGroup: configuration.maximumGroup, time: configuration.time)
        self.gate = gate
    }

    /// SQLite's.
    public var dialect: Dialect { .sqlite }

    /// Reads go to a reader, so they never wait for a transaction, except in memory.
    public func query(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        try StatementAdmission.check(at: configuration.time.now)
        let statement = try RenderedStatement(sql)
        if location != .memory, statement.looksReadOnly, let rows = try await read(statement) {
            return rows
        }
        return try await write(querying: statement)
    }

    /// One of a group that shares a commit, if others wait too.
    @discardableResult
    public func execute(_ sql: ApusSQL.SQL) async throws(ApusSQL.DatabaseError) -> Int {
        try StatementAdmission.check(at: configuration.time.now)
        try refuseInsideTransaction()
        return try await lane.run(WriteUnit(execute: RenderedStatement(sql), for: Caller(configuration))).changes[0]
    }

    @discardableResult
    public func batch(_ statements: [ApusSQL.SQL]) async throws(ApusSQL.DatabaseError) -> [Int] {
        if statements.isEmpty { return [] }
        try StatementAdmission.check(at: configuration.time.now)
        try refuseInsideTransaction()
        var rendered: [RenderedStatement] = []
        rendered.reserveCapacity(statements.count)
        for sql in statements { rendered.append(try RenderedStatement(sql)) }
        return try await lane.run(WriteUnit(batch: rendered, for: Caller(configuration))).changes
    }

    @discardableResult
    public func transaction<Value: Sendable>(
        isolation: Isolation, at place: CallSite, _ body: (any ApusSQL.Transaction) async throws -> Value
    ) async throws -> Value {
        try StatementAdmission.check(at: configuration.time.now)
        try refuseInsideTransaction()
        let caller = Caller(configuration)
        try await lane.acquire(caller)
        defer { lane.release() }
        try StatementAdmission.check(at: configuration.time.now)
        let transaction = SQLiteTransaction(storage: storage, executor: lane.executor, configuration: configuration)
        let enclosing = Self.enclosing + [transaction]
        let value = try await withTaskExecutorPreference(lane.executor) {
            try await Self.$enclosing.withValue(enclosing) {
                try await transaction.perform(for: caller, body)
            }
        }
        transaction.runCommitActions()
        return value
    }

    /// Reads from a reader connection, which is kept until the end. In memory, and for a statement that writes, all rows are
    /// fetched at once.
    ///
    /// Streams never have all readers, so queries get through in the body too. One in the body of another, or of a
    /// transaction, of the same database gets a reader only if one is free at once.
    ///
    /// - Throws: `overloaded` also if that isn't so.
    public func stream(
        _ sql: ApusSQL.SQL, piece: Int, _ body: ([ApusSQL.Row]) async throws -> Void
    ) async throws {
        try StatementAdmission.check(at: configuration.time.now)
        let statement = try RenderedStatement(sql)
        let piece = max(1, piece)
        if location != .memory, statement.looksReadOnly {
            let caller = Caller(configuration)
            try await gate.enter(.stream, caller, mayWait: !isEnclosed)
            let isDone = try await caller.listening {
                try await stream(statement, piece: piece, for: caller, StreamPlace(at: gate), body)
            }
            if isDone { return }
        }
        let rows = try await write(querying: statement)
        for start in stride(from: 0, to: rows.count, by: piece) {
            try await body(Array(rows[start..<min(rows.count, start + piece)]))
            try StatementAdmission.check(at: configuration.time.now)
        }
    }

    /// Callers that wait for the writer at this moment, for metrics.
    public var waiters: Int { lane.waiters }

    /// Callers that wait for a reader at this moment, for metrics.
    public var readWaiters: Int { gate.waiters }

    public func close() async {
        gate.close()
        await lane.close { await gate.becomeIdle() }
    }

    /// Runs `statement` on a reader; nil if it turns out to write.
    private func read(_ statement: RenderedStatement) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row]? {
        let caller = Caller(configuration)
        try await gate.enter(.query, caller)
        return try await caller.listening {
            await withUnsafeContinuation {
                (continuation: UnsafeContinuation<Result<[ApusSQL.Row]?, ApusSQL.DatabaseError>, Never>) in
                storage.asyncUnsafeRead { [gate] connection in
                    let result = Result { () throws(ApusSQL.DatabaseError) in
                        try statement.readRows(opening: connection, for: caller)
                    }
                    gate.leave(.query)
                    continuation.resume(returning: result)
                }
            }
        }.get()
    }

    /// Streams from a reader.
    ///
    /// - Parameters:
    ///   - place: is given back when this returns.
    ///   - isolation: as for ``Caller/listening(isolation:_:whenLeaving:)``.
    /// - Returns: false if the statement would write, and so didn't run.
    private func stream(
        _ statement: RenderedStatement, piece: Int, for caller: Caller, _ place: StreamPlace,
        isolation: isolated (any Actor)? = #isolation, _ body: ([ApusSQL.Row]) async throws -> Void
    ) async throws -> Bool {
        let handover = RowHandover()
        storage.asyncUnsafeRead { connection in
            handover.produce { (offer) throws(ApusSQL.DatabaseError) in
                try statement.stream(opening: connection, for: caller, piece: piece, offer)
            } atEnd: {
                place.leave()
            }
        }
        do {
            try await Self.$enclosingStreams.withValue(Self.enclosingStreams + [place]) {
                _ = isolation
                while let rows = try await handover.next() {
                    try await body(rows)
                    try StatementAdmission.check(at: configuration.time.now)
                }
            }
        } catch {
            await handover.leave()
            throw error
        }
        return handover.hasRun
    }

    private func write(querying statement: RenderedStatement) async throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        try refuseInsideTransaction()
        return try await lane.run(WriteUnit(query: statement, for: Caller(configuration))).rows
    }

    /// Whether the current task runs in a body that holds something which others may wait for.
    private var isEnclosed: Bool {
        isInsideTransaction || Self.enclosingStreams.contains { $0.gate === gate && $0.isOpen }
    }

    private var isInsideTransaction: Bool {
        Self.enclosing.contains { $0.storage === storage && $0.isOpen }
    }

    private func refuseInsideTransaction() throws(ApusSQL.DatabaseError) {
        guard !isInsideTransaction else {
            throw ApusSQL.DatabaseError(
                .misuse, "inside a transaction use the transaction that was passed, or it would wait for itself")
        }
    }
}
