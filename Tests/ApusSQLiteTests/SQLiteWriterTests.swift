// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import ApusTesting
import Testing

@testable import ApusSQLite

@Suite("The writer of a SQLite database")
struct SQLiteWriterTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(
        _ configuration: SQLiteConfiguration = .init()
    ) async throws -> SQLiteDatabase {
        try await SQLiteDatabase.open(url: "sqlite:\(folder.path)/test.db", configuration: configuration)
    }

    /// Holds the writer until the gate opens.
    private func holdWriter(of database: SQLiteDatabase, _ gate: Gate) async -> Task<Void, any Error> {
        let task = Task { try await database.transaction { _ in await gate.wait() } }
        await gate.reached()
        return task
    }

    @Test("Waiting writes share a commit, and one that rolls everything back or breaks the commit fails alone")
    func groups() async throws {
        let database = try await open()
        try await database.batch([
            "CREATE TABLE t (x INTEGER PRIMARY KEY)",
            "CREATE TABLE c (x INTEGER REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED)",
        ])
        let gate = Gate()
        let holder = await holdWriter(of: database, gate)
        let started = Tally()
        let statements: [SQL] =
            (0..<40).map { "INSERT INTO t VALUES (\($0))" }
            + ["INSERT OR ROLLBACK INTO t VALUES (0)", "INSERT INTO c VALUES (-1)"]
        let tasks = statements.map { statement in
            Task {
                started.increment()
                return try await database.execute(statement)
            }
        }
        try await eventually("all started") { started.value == statements.count }
        gate.open()
        try await holder.value
        var codes: [DatabaseError.Code] = []
        for task in tasks {
            do {
                #expect(try await task.value == 1)
            } catch let error as DatabaseError {
                codes.append(error.code)
            }
        }
        #expect(codes.contains(.foreignKeyViolation))
        #expect(codes.count == 2)
        #expect(codes.contains(.uniqueViolation))
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 40)
    }

    @Test("Too many waiters are refused, typed")
    func bounded() async throws {
        let database = try await open(.init(maximumWaiters: 1))
        try await database.execute("CREATE TABLE t (x INTEGER)")
        let gate = Gate()
        let holder = await holdWriter(of: database, gate)
        let codes: [DatabaseError.Code?] = try await withThrowingTaskGroup(of: DatabaseError.Code?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do {
                        try await database.execute("INSERT INTO t VALUES (1)")
                        return nil
                    } catch let error as DatabaseError {
                        return error.code
                    }
                }
            }
            // Two of the three are refused at once; then the one that waits may go on.
            var codes: [DatabaseError.Code?] = []
            for try await code in group {
                codes.append(code)
                if codes.count == 2 { gate.open() }
            }
            return codes
        }
        #expect(codes == [.overloaded, .overloaded, nil])
        try await holder.value
    }

    @Test("Another process that holds the lock too long gives busy, and nothing is changed")
    func busy() async throws {
        let first = try await open()
        try await first.execute("CREATE TABLE t (x INTEGER)")
        let second = try await open(.init(busyTimeout: .milliseconds(20)))
        let gate = Gate()
        let holder = await holdWriter(of: first, gate)
        await #expect {
            try await second.execute("INSERT INTO t VALUES (1)")
        } throws: {
            ($0 as? DatabaseError)?.code == .busy
        }
        await #expect {
            try await second.transaction { try await $0.execute("INSERT INTO t VALUES (1)") }
        } throws: {
            ($0 as? DatabaseError)?.code == .busy
        }
        gate.open()
        try await holder.value
        try await second.execute("INSERT INTO t VALUES (2)")
        #expect(try await first.value("SELECT COUNT(*) FROM t") == 1)
    }

    @Test("Two processes that start at once run each migration once")
    func migrations() async throws {
        let list = Migrations((0..<10).map { Migration("\($0)", "CREATE TABLE t\($0) (x TEXT)") })
        let (first, second) = (try await open(), try await open())
        async let one = list.run(on: first)
        async let two = list.run(on: second)
        let names = try await one + two
        #expect(names.sorted() == (0..<10).map(String.init))
    }

    @Test("A transaction's body runs on the writer's thread, what follows on the caller's executor again")
    func executors() async throws {
        let database = try await open()
        let mine = WriterExecutor(label: "mine")
        try await Task(executorPreference: mine) {
            #expect(mine.isCurrent)
            let wasMine = try await database.transaction { transaction in
                try await transaction.execute("CREATE TABLE t (x INTEGER)")
                return mine.isCurrent
            }
            #expect(!wasMine)
            #expect(mine.isCurrent)
            _ = try await database.query("SELECT 1")
            #expect(mine.isCurrent)
        }.value
    }

    @Test("A transaction may be used from another executor")
    func foreignExecutor() async throws {
        let database = try await open()
        let other = WriterExecutor(label: "other")
        try await database.transaction { transaction in
            try await withTaskExecutorPreference(other) {
                #expect(other.isCurrent)
                _ = try await transaction.execute("CREATE TABLE t (x INTEGER)")
            }
        }
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
    }

    @Test("A file read while a transaction is open shows what was committed")
    func snapshotReads() async throws {
        let database = try await open()
        try await database.batch(["CREATE TABLE t (x INTEGER)", "INSERT INTO t VALUES (1)"])
        let counts = try await database.transaction { transaction in
            try await transaction.execute("INSERT INTO t VALUES (2)")
            let inside: Int? = try await transaction.value("SELECT COUNT(*) FROM t")
            let outside: Int? = try await database.value("SELECT COUNT(*) FROM t")
            return [inside, outside]
        }
        #expect(counts == [2, 1])
    }

    @Test("A write whose turn comes after its deadline is refused and changes nothing")
    func lateTurn() async throws {
        let clock = ManualClock()
        let database = try await open(.init(time: clock.timeSource))
        try await database.execute("CREATE TABLE t (x INTEGER)")
        let gate = Gate()
        let holder = await holdWriter(of: database, gate)
        let started = Gate()
        let write = Task {
            let context = CallContext(deadline: clock.now.advanced(by: .seconds(1)))
            return try await CallContext.$current.withValue(context) {
                started.open()
                return try await database.execute("INSERT INTO t VALUES (1)")
            }
        }
        await started.wait()
        try await eventually("a waiting write") { database.waiters == 1 }
        clock.advance(by: .seconds(1))
        gate.open()
        await #expect {
            try await write.value
        } throws: {
            ($0 as? DatabaseError)?.code == .timeout
        }
        try await holder.value
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
    }

    @Test("A task begun in a transaction's body may use the database when the body has ended")
    func taskOfBody() async throws {
        let database = try await open()
        let gate = Gate()
        let task = try await database.transaction { _ in
            Task {
                await gate.wait()
                return try await database.execute("CREATE TABLE t (x INTEGER)")
            }
        }
        gate.open()
        _ = try await task.value
    }
}
