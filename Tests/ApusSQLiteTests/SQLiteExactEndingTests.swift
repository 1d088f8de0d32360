// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import ApusTesting
import Testing

@testable import ApusSQLite

@Suite("What is written on SQLite and what is refused, when a deadline passes about the end of a statement")
struct SQLiteExactEndingTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ time: TimeSource = .system) async throws -> SQLiteDatabase {
        let database = try await SQLiteDatabase.open(
            url: "sqlite:\(folder.path)/test.db", configuration: .init(synchronous: .normal, time: time))
        try await database.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, y INTEGER)")
        return database
    }

    /// Runs `body` until `deadline`; false if that has ended it.
    private func isDone(by deadline: Instant, _ body: () async throws -> Void) async throws -> Bool {
        do {
            try await CallContext.$current.withValue(CallContext(deadline: deadline)) { try await body() }
            return true
        } catch let error as DatabaseError {
            #expect(error.code == .timeout, "\(error)")
            return false
        }
    }

    @Test("a short statement that is done when SQLite asks for the last time isn't told to have been ended")
    func atTheEnd() async throws {
        // Each reading takes a nanosecond, so that the deadline passes between the last look before it and its end.
        let reads = Tally()
        let database = try await open(TimeSource { Instant(nanoseconds: Int64(reads.increment())) })
        var written = 0
        var asked = 0
        for _ in 0..<2_000 {
            let start = reads.value
            let isDone = try await isDone(by: Instant(nanoseconds: Int64(start + 4))) {
                _ = try await database.execute("INSERT INTO t (y) VALUES (1)")
            }
            if isDone { written += 1 }
            if reads.value > start + 3 { asked += 1 }
        }
        #expect(asked > 5, "or nothing was tested")
        #expect(try await database.value("SELECT COUNT(*) FROM t") == written)
    }

    @Test("in a transaction it takes everything with it, though the body swallows the error")
    func atTheEndInside() async throws {
        let reads = Tally()
        let database = try await open(TimeSource { Instant(nanoseconds: Int64(reads.increment())) })
        var written = 0
        var ended = 0
        for _ in 0..<2_000 {
            var wasDone = true
            do {
                try await database.transaction { transaction in
                    wasDone = try await isDone(by: Instant(nanoseconds: Int64(reads.value + 2))) {
                        _ = try await transaction.execute("INSERT INTO t (y) VALUES (1)")
                    }
                }
                written += 1
                #expect(wasDone)
            } catch let error as DatabaseError {
                ended += 1
                #expect(error.code == .serializationFailure && !wasDone)
            }
        }
        #expect(ended > 5, "or nothing was tested")
        #expect(try await database.value("SELECT COUNT(*) FROM t") == written)
    }

    @Test("what is written is there and what is refused isn't, wherever the deadline falls")
    func exact() async throws {
        let database = try await open()
        // Long enough to be asked some times, so that deadlines fall before, within and after it.
        let numbers: SQL =
            "WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 299) SELECT x FROM n"
        var written = 0
        for round in 0..<600 {
            let isDone = try await isDone(by: .now.advanced(by: .microseconds(round))) {
                _ = try await database.execute("INSERT INTO t (y) \(numbers)")
            }
            if isDone { written += 1 }
            let count: Int? = try await database.value("SELECT COUNT(*) FROM t")
            #expect(count == written * 300, "after \(round) µs")
        }
    }
}
