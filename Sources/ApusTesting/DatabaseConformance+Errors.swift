// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL

extension DatabaseConformance {
    static let errors: [ConformanceCheck<any Database>] = [
        .init("A unique violation is typed and names the columns or the constraint") { database in
            try await makeItems(on: database)
            try await database.execute("INSERT INTO items VALUES (1, 'a')")
            let error = try await error(of: "a duplicate") {
                try await database.execute("INSERT INTO items VALUES (2, 'a')")
            }
            try require(error.code, is: .uniqueViolation, "code")
            try require(error.constraint?.contains("name") == true, "constraint is \(error.constraint ?? "nil")")
        },
        .init("Foreign keys, checks and NOT NULL are enforced and typed") { database in
            try await makeItems(on: database)
            try await database.execute(
                """
                CREATE TABLE parts (item BIGINT REFERENCES items (id), weight BIGINT NOT NULL CHECK (weight > 0))
                """)
            let foreign = try await error(of: "an orphan") {
                try await database.execute("INSERT INTO parts VALUES (1, 1)")
            }
            try require(foreign.code, is: .foreignKeyViolation, "orphan")
            let check = try await error(of: "a weight of 0") {
                try await database.execute("INSERT INTO parts VALUES (NULL, 0)")
            }
            try require(check.code, is: .checkViolation, "check")
            let null = try await error(of: "no weight") {
                try await database.execute("INSERT INTO parts VALUES (NULL, NULL)")
            }
            try require(null.code, is: .notNullViolation, "not null")
        },
        .init("A statement that isn't SQL is a syntax error with the statement") { database in
            let error = try await error(of: "nonsense") { _ = try await database.query("SELEKT 1") }
            try require(error.code, is: .syntax, "code")
            try require(error.statement, is: "SELEKT 1", "statement")
        },
        .init("A statement with a parameter that has no value is a syntax error") { database in
            let error = try await error(of: "a missing value") {
                _ = try await database.query(SQL(raw: "SELECT 1 WHERE 1 = " + database.dialect.placeholder(1)))
            }
            try require(error.code, is: .syntax, "code")
            try require(!error.mayHaveRun, "the statement can't have run")
        },
        .init("NUL in text is refused, and a number that is too large for its type isn't cut off") { database in
            try await makeItems(on: database)
            for name in ["\0", "a\0b"] {
                let error = try await error(of: "NUL") {
                    try await database.execute("INSERT INTO items VALUES (1, \(name))")
                }
                try require(error.code, is: .invalidValue, "code")
                try require(!error.mayHaveRun, "the statement can't have run")
            }
            let batch = try await error(of: "NUL in a batch") {
                try await database.batch(["INSERT INTO items VALUES (1, 'a')", "INSERT INTO items VALUES (2, \("\0"))"])
            }
            try require(batch.code, is: .invalidValue, "code in a batch")
            let streamed = try await error(of: "NUL in a stream") {
                try await database.stream("SELECT * FROM items WHERE name = \("a\0b")", piece: 1) { _ in }
            }
            try require(streamed.code, is: .invalidValue, "code in a stream")
            let inside = try await error(of: "NUL in a transaction's stream") {
                try await database.transaction { transaction in
                    try await transaction.stream("SELECT * FROM items WHERE name = \("a\0b")", piece: 1) { _ in }
                }
            }
            try require(inside.code, is: .invalidValue, "code in a transaction's stream")
            try require(try await count(database), is: 0, "rows")
            try await database.execute("INSERT INTO items VALUES (\(Int64.max), 'max')")
            let row = try await database.first("SELECT id FROM items")
            try require(try row?.get("id", as: Int64.self), is: Int64.max, "the largest number")
            let narrow = try await error(of: "a narrow type") { _ = try row?.get("id", as: Int32.self) }
            try require(narrow.code, is: .decoding, "code of a narrow type")
        },
        .init("A passed deadline refuses the statement before it begins") { database in
            try await makeItems(on: database)
            let late = CallContext(deadline: Instant.now.advanced(by: .seconds(-1)))
            let error = try await error(of: "a late statement") {
                try await CallContext.$current.withValue(late) {
                    _ = try await database.execute("INSERT INTO items VALUES (1, 'a')")
                }
            }
            try require(error.code, is: .timeout, "code")
            try require(!error.mayHaveRun, "the statement can't have run")
            try require(try await count(database), is: 0, "rows")
        },
        .init("A cancelled task begins no statement") { database in
            try await makeItems(on: database)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await database.execute("INSERT INTO items VALUES (1, 'a')")
            }
            let error = try await error(of: "a cancelled statement") { _ = try await task.value }
            try require(error.code, is: .cancelled, "code")
            try require(try await count(database), is: 0, "rows")
        },
        .init("A statement that runs ends with its deadline, inside a transaction too, and the database goes on") {
            database in
            try await makeItems(on: database)
            let alone = try await error(of: "an endless query") {
                try await CallContext.$current.withValue(soon) { _ = try await database.query(endless) }
            }
            try require(alone.code, is: .timeout, "code")
            let streamed = try await error(of: "an endless stream") {
                try await CallContext.$current.withValue(soon) {
                    try await database.stream(endless, piece: 1) { _ in }
                }
            }
            try require(streamed.code, is: .timeout, "code of a stream")
            let inside = try await error(of: "an endless query in a transaction") {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO items VALUES (1, 'a')")
                    _ = try await CallContext.$current.withValue(soon) { try await transaction.query(endless) }
                }
            }
            try require(inside.code, is: .timeout, "code inside a transaction")
            try require(try await count(database), is: 0, "rows")
        },
        .init("A statement that runs ends with its task, and the database goes on") { database in
            try await makeItems(on: database)
            let task = Task { _ = try await database.query(endless) }
            for _ in 0..<100 { await Task.yield() }
            task.cancel()
            let error = try await error(of: "an endless query") { try await task.value }
            try require(error.code, is: .cancelled, "code")
            try require(try await count(database), is: 0, "rows")
        },
        .init("A closed database refuses typed, and may be closed again") { database in
            await database.close()
            await database.close()
            let write = try await error(of: "a write") { try await database.execute("CREATE TABLE x (y TEXT)") }
            try require(write.code, is: .closed, "write")
            let read = try await error(of: "a read") { _ = try await database.query("SELECT 1") }
            try require(read.code, is: .closed, "read")
            let transaction = try await error(of: "a transaction") { try await database.transaction { _ in } }
            try require(transaction.code, is: .closed, "transaction")
        },
    ]

    /// Counts for hours.
    private static let endless: SQL = """
        WITH RECURSIVE n (x) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000000)
        SELECT COUNT(*) AS x FROM n
        """

    /// A call that has a tenth of a second left.
    private static var soon: CallContext { CallContext(deadline: Instant.now.advanced(by: .milliseconds(100))) }
}
