// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import ApusTesting
import Testing

@testable import ApusSQLite

@Suite("The readers of a SQLite database")
struct SQLiteReaderTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A database with the numbers from 0 to 999.
    private func open(_ configuration: SQLiteConfiguration = .init()) async throws -> SQLiteDatabase {
        let database = try await SQLiteDatabase.open(
            url: "sqlite:\(folder.path)/test.db", configuration: configuration)
        try await database.batch([
            "CREATE TABLE t (x INTEGER PRIMARY KEY)",
            """
            INSERT INTO t WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 999) SELECT x FROM n
            """,
        ])
        return database
    }

    private let all: SQL = "SELECT x FROM t ORDER BY x"

    private func code(_ body: () async throws -> Void) async throws -> DatabaseError.Code? {
        do {
            try await body()
            return nil
        } catch let error as DatabaseError {
            return error.code
        }
    }

    /// Holds readers with streams until the gate opens.
    private func holdReaders(_ count: Int, of database: SQLiteDatabase, _ gate: Gate) async throws -> [Task<
        Void, any Error
    >] {
        let held = Tally()
        let tasks = (0..<count).map { _ in
            Task {
                try await database.stream(all, piece: 1_000) { _ in
                    held.increment()
                    await gate.wait()
                }
            }
        }
        try await eventually("all streams hold a reader") { held.value == count }
        return tasks
    }

    @Test("queries get through in the bodies of as many streams as there are readers, and more", arguments: [1, 2, 4])
    func nestedQueries(readers: Int) async throws {
        let database = try await open(.init(maximumReaders: readers))
        let rows = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 * readers {
                group.addTask {
                    try await database.forEachRow("SELECT x FROM t WHERE x < 300") { row in
                        let x: Int = try row["x"]
                        let same: Int? = try await database.value("SELECT x FROM t WHERE x = \(x)")
                        if same == x { rows.increment() }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(rows.value == 600 * readers)
        await database.close()
    }

    @Test("a stream in a stream's body gets a reader that is free, and else is refused instead of waiting for itself")
    func nestedStreams() async throws {
        let database = try await open(.init(maximumReaders: 3))
        let codes = Journal<DatabaseError.Code?>()
        try await database.stream(all, piece: 1_000) { _ in
            // Left early each time: the reader is free again at once.
            for _ in 0..<20 {
                await #expect(throws: CancellationError.self) {
                    try await database.stream(all, piece: 1) { _ in throw CancellationError() }
                }
            }
            try await database.stream(all, piece: 1_000) { _ in
                codes.append(try await code { try await database.stream(all, piece: 1) { _ in } })
            }
        }
        #expect(codes.entries == [.overloaded])
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 1_000)
    }

    @Test("a stream in a transaction's body, which others wait for, doesn't wait for streams")
    func streamInTransaction() async throws {
        let database = try await open(.init(maximumReaders: 2))
        let gate = Gate()
        let tasks = try await holdReaders(1, of: database, gate)
        try await database.transaction { _ in
            let code = try await code { try await database.stream(all, piece: 1) { _ in } }
            #expect(code == .overloaded)
            let count: Int? = try await database.value("SELECT COUNT(*) FROM t")
            #expect(count == 1_000)
        }
        gate.open()
        for task in tasks { try await task.value }
    }

    @Test("a task begun in a stream's body waits like everyone when that has ended")
    func taskOfBody() async throws {
        let database = try await open(.init(maximumReaders: 2))
        let (begins, gate) = (Gate(), Gate())
        let tasks = Journal<Task<Void, any Error>>()
        try await database.stream(all, piece: 1_000) { _ in
            tasks.append(
                Task {
                    await begins.wait()
                    try await database.stream(all, piece: 1_000) { _ in }
                })
        }
        let holders = try await holdReaders(1, of: database, gate)
        begins.open()
        try await eventually("it waits") { database.readWaiters == 1 }
        gate.open()
        for task in tasks.entries + holders { try await task.value }
    }

    @Test("who waits for a reader goes with the deadline, with the task, or when too many wait; the others go on")
    func waiting() async throws {
        let clock = ManualClock()
        let database = try await open(.init(maximumReaders: 2, maximumWaiters: 3, time: clock.timeSource))
        let gate = Gate()
        let holders = try await holdReaders(1, of: database, gate)
        let waiter: @Sendable (Duration?) -> Task<Void, any Error> = { limit in
            Task {
                let context = CallContext(deadline: limit.map { clock.now.advanced(by: $0) })
                try await CallContext.$current.withValue(context) {
                    try await database.stream(all, piece: 1_000) { _ in }
                }
            }
        }
        let (late, cancelled, patient) = (waiter(.seconds(1)), waiter(.seconds(5)), waiter(nil))
        try await eventually("three wait") { database.readWaiters == 3 }
        #expect(try await code { try await waiter(nil).value } == .overloaded)
        cancelled.cancel()
        #expect(try await code { try await cancelled.value } == .cancelled)
        try await eventually("someone looks after the deadline") { clock.sleeperCount > 0 }
        clock.advance(by: .seconds(1))
        #expect(try await code { try await late.value } == .timeout)
        #expect(database.readWaiters == 1)
        gate.open()
        for task in holders + [patient] { try await task.value }
    }

    @Test("closing refuses new reads at once, and waits for the transaction and the streams that have begun")
    func closing() async throws {
        let database = try await open()
        let (gate, writing) = (Gate(), Gate())
        let writer = Task { try await database.transaction { _ in await writing.wait() } }
        await writing.reached()
        let holders = try await holdReaders(2, of: database, gate)
        let closed = Task { await database.close() }
        try await eventually("new ones are refused") {
            try await code { _ = try await database.query("SELECT 1") } == .closed
        }
        writing.open()
        try await writer.value
        gate.open()
        for task in holders { try await task.value }
        await closed.value
    }

    /// An actor that counts what is run on it.
    private actor Counter {
        final class Executor: SerialExecutor {
            let jobs = Tally()
            private let queue = WriterExecutor(label: "actor")

            func enqueue(_ job: consuming ExecutorJob) {
                jobs.increment()
                let job = UnownedJob(job)
                queue.schedule { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
            }
        }

        let executor = Executor()
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        private var rows = 0

        func rows(of database: SQLiteDatabase) async throws -> Int {
            try await database.forEachRow("SELECT x FROM t") { _ in self.rows += 1 }
            return rows
        }
    }

    @Test("the body of a stream that an actor reads runs there without leaving it for each row")
    func actors() async throws {
        let database = try await open()
        let counter = Counter()
        #expect(try await counter.rows(of: database) == 1_000)
        // Four pieces, and the end.
        #expect(counter.executor.jobs.value < 20)
    }

    @Test("a stream of a statement that writes passes on what it gives, and has its effect once")
    func writingStream() async throws {
        let database = try await open()
        let rows = Journal<Int>()
        try await database.stream(
            "WITH few AS (SELECT x FROM t WHERE x < 5) DELETE FROM t WHERE x IN (SELECT x FROM few) RETURNING x",
            piece: 2
        ) { piece in
            for row in piece { rows.append(try row["x"]) }
        }
        #expect(rows.entries.sorted() == [0, 1, 2, 3, 4])
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 995)
    }

    @Test("texts that differ only in how their characters are composed are different statements")
    func composition() async throws {
        let database = try await open()
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(composed == decomposed)
        for _ in 0..<2 {
            for text in [composed, decomposed] {
                let length: Int? = try await database.value(SQL(raw: "SELECT length('\(text)')"))
                #expect(length == text.unicodeScalars.count)
                try await database.transaction { transaction in
                    let inside: Int? = try await transaction.value(SQL(raw: "SELECT length('\(text)')"))
                    #expect(inside == text.unicodeScalars.count)
                }
            }
        }
    }
}
