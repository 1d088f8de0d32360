// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import ApusTesting
import Testing

@testable import ApusSQLite

@Suite("Statements of a SQLite database that nobody wants any more")
struct SQLiteEndingTests {
    let folder: TemporaryFolder
    let clock = ManualClock()
    /// How often the clock was read: SQLite's questions read it, so that tests see that a statement runs.
    let reads = Tally()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open() async throws -> SQLiteDatabase {
        let time = TimeSource(
            { [clock, reads] in
                reads.increment()
                return clock.now
            }, sleepingUntil: clock.timeSource.sleep)
        let database = try await SQLiteDatabase.open(
            url: "sqlite:\(folder.path)/test.db", configuration: .init(busyTimeout: .seconds(30), time: time))
        try await database.execute("CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY)")
        return database
    }

    /// Until SQLite has asked some times whether to go on.
    private func runs() async throws {
        let start = reads.value
        try await eventually("it runs") { reads.value > start + 20 }
    }

    /// Counts for hours.
    private let endless: SQL =
        "WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000000) SELECT COUNT(*) AS x FROM n"
    private var endlessInsert: SQL { "INSERT INTO t \(endless)" }

    /// What ends a statement.
    enum Cause: CaseIterable {
        case deadline
        case cancellation

        var code: DatabaseError.Code { self == .deadline ? .timeout : .cancelled }
    }

    /// Runs `body` with a deadline of a second.
    private func start(
        _ body: @escaping @Sendable () async throws -> Void
    ) -> Task<Void, any Error> {
        Task { [clock] in
            let context = CallContext(deadline: clock.now.advanced(by: .seconds(1)))
            try await CallContext.$current.withValue(context) { try await body() }
        }
    }

    /// Ends it, and gives what it threw.
    private func end(_ task: Task<Void, any Error>, by cause: Cause) async throws -> DatabaseError {
        switch cause {
        case .deadline: clock.advance(by: .seconds(1))
        case .cancellation: task.cancel()
        }
        do {
            try await task.value
        } catch let error as DatabaseError {
            return error
        }
        throw ConformanceFailure("it should have been ended")
    }

    private func check(_ error: DatabaseError, _ cause: Cause) {
        #expect(error.code == cause.code, "\(error)")
        #expect(!error.mayHaveRun)
    }

    @Test("a query, a stream, a write, a batch, and both inside a transaction end", arguments: Cause.allCases, 0..<7)
    func running(cause: Cause, kind: Int) async throws {
        let database = try await open()
        let task = start {
            switch kind {
            case 0: _ = try await database.query(endless)
            case 1: try await database.stream(endless, piece: 1) { _ in }
            case 2: try await database.execute(endlessInsert)
            case 3: try await database.batch(["INSERT INTO t VALUES (1)", endlessInsert])
            case 4: try await database.transaction { _ = try await $0.query(endless) }
            case 5: try await database.transaction { try await $0.stream(endless, piece: 1) { _ in } }
            default:
                try await database.transaction {
                    try await $0.execute("INSERT INTO t VALUES (1)")
                    try await $0.execute(endlessInsert)
                }
            }
        }
        try await runs()
        let error = try await end(task, by: cause)
        check(error, cause)
        #expect(error.statement?.contains("RECURSIVE") == true)
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
        // Nothing is watched any more, though both have passed.
        for x in 0..<2_000 { try await database.execute("INSERT INTO t VALUES (\(x))") }
        #expect(try await database.value("SELECT SUM(a.x * b.x) FROM t a, t b WHERE b.x < 100") == 1_999_000 * 4_950)
        await database.close()
    }

    @Test("a write that is ended in a group takes only itself: the others are written once", arguments: Cause.allCases)
    func group(cause: Cause) async throws {
        let database = try await open()
        let gate = Gate()
        let holder = Task { try await database.transaction { _ in await gate.wait() } }
        await gate.reached()
        var others: [Task<Int, any Error>] = []
        for x in 0..<5 {
            others.append(Task { try await database.execute("INSERT INTO t VALUES (\(x))") })
            try await eventually("it waits") { database.waiters == x + 1 }
        }
        let task = start { try await database.execute(endlessInsert) }
        try await eventually("it waits") { database.waiters == 6 }
        for x in 5..<10 {
            others.append(Task { try await database.execute("INSERT INTO t VALUES (\(x))") })
            try await eventually("it waits") { database.waiters == x + 2 }
        }
        gate.open()
        try await eventually("they run") { database.waiters == 0 }
        try await runs()
        check(try await end(task, by: cause), cause)
        for other in others { #expect(try await other.value == 1) }
        try await holder.value
        #expect(try await database.query("SELECT x FROM t").map { try $0.get(0, as: Int.self) } == Array(0..<10))
    }

    @Test("a body that swallows that its write was ended commits nothing, and writes nothing more")
    func swallowed() async throws {
        let database = try await open()
        let codes = Journal<DatabaseError.Code?>()
        let inserts = Journal<Task<Void, any Error>>()
        let transaction = Task {
            try await database.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                let insert = start { try await transaction.execute(endlessInsert) }
                inserts.append(insert)
                for statement in [
                    { try await insert.value }, { try await transaction.execute("INSERT INTO t VALUES (2)") },
                ]
                    as [() async throws -> Void]
                {
                    do {
                        try await statement()
                    } catch let error as DatabaseError {
                        codes.append(error.code)
                    }
                }
            }
        }
        try await eventually("it has begun") { !inserts.entries.isEmpty }
        try await runs()
        // From outside, since the body's thread is the writer's.
        inserts.entries[0].cancel()
        await #expect(throws: DatabaseError.self) { try await transaction.value }
        #expect(codes.entries == [.cancelled, .serializationFailure])
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
    }

    @Test("who waits for the writer, for a statement or a transaction, goes at once", arguments: Cause.allCases)
    func waiting(cause: Cause) async throws {
        let database = try await open()
        let gate = Gate()
        let holder = Task { try await database.transaction { _ in await gate.wait() } }
        await gate.reached()
        let tasks = [
            start { try await database.execute("INSERT INTO t VALUES (1)") },
            start { try await database.transaction { _ in } },
        ]
        try await eventually("both wait") { database.waiters == 2 }
        if cause == .deadline { try await eventually("someone looks after it") { clock.sleeperCount > 0 } }
        for task in tasks { check(try await end(task, by: cause), cause) }
        #expect(database.waiters == 0)
        gate.open()
        try await holder.value
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
    }

    @Test("who waits for a lock of another process goes at once", arguments: Cause.allCases, [false, true])
    func locked(cause: Cause, isTransaction: Bool) async throws {
        let (database, other) = (try await open(), try await open())
        let gate = Gate()
        let holder = Task { try await other.transaction { _ in await gate.wait() } }
        await gate.reached()
        let task = start {
            if isTransaction {
                try await database.transaction { _ in }
            } else {
                try await database.execute("INSERT INTO t VALUES (1)")
            }
        }
        try await runs()
        check(try await end(task, by: cause), cause)
        gate.open()
        try await holder.value
        try await database.execute("INSERT INTO t VALUES (2)")
        #expect(try await database.query("SELECT x FROM t").map { try $0.get(0, as: Int.self) } == [2])
    }

    @Test(
        "a statement can't begin or end a transaction, alone, grouped, or inside one",
        arguments: ["BEGIN", "-- x\n COMMIT", "END TRANSACTION", "rollback", "SAVEPOINT a", "RELEASE a"])
    func transactionStatements(text: String) async throws {
        let database = try await open()
        func code(_ body: () async throws -> Void) async throws -> DatabaseError.Code? {
            do {
                try await body()
                return nil
            } catch let error as DatabaseError {
                return error.code
            }
        }
        let sql = SQL(raw: text)
        #expect(try await code { try await database.execute(sql) } == .misuse)
        #expect(try await code { _ = try await database.query(sql) } == .misuse)
        #expect(try await code { try await database.stream(sql, piece: 1) { _ in } } == .misuse)
        #expect(try await code { try await database.batch(["INSERT INTO t VALUES (1)", sql]) } == .misuse)
        try await database.transaction { transaction in
            try await transaction.execute("INSERT INTO t VALUES (2)")
            #expect(try await code { try await transaction.execute(sql) } == .misuse)
            #expect(try await code { _ = try await transaction.query(sql) } == .misuse)
            #expect(try await code { try await transaction.stream(sql, piece: 1) { _ in } } == .misuse)
        }
        try await database.execute("INSERT INTO t VALUES (3)")
        let again = try await open()
        #expect(try await again.query("SELECT x FROM t").map { try $0.get(0, as: Int.self) } == [2, 3])
    }
}
