// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Synchronization

extension DatabaseConformance {
    struct Thrown: Error {}

    static let transactions: [ConformanceCheck<any Database>] = [
        .init("A transaction commits when its body returns") { database in
            try await makeItems(on: database)
            let inside = try await database.transaction { transaction in
                try await transaction.execute("INSERT INTO items VALUES (1, 'a')")
                return try await count(transaction)
            }
            try require(inside, is: 1, "rows seen inside")
            try require(try await count(database), is: 1, "rows after the commit")
        },
        .init("A transaction rolls back when its body throws, and throws the same") { database in
            try await makeItems(on: database)
            do {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO items VALUES (1, 'a')")
                    throw Thrown()
                }
                throw ConformanceFailure("the error was swallowed")
            } catch is Thrown {}
            try require(try await count(database), is: 0, "rows after the rollback")
        },
        .init("An ended transaction is closed") { database in
            let transaction = try await database.transaction { $0 }
            let error = try await error(of: "a late use") { try await transaction.execute("CREATE TABLE x (y TEXT)") }
            try require(error.code, is: .closed, "code")
        },
        .init("A savepoint undoes only itself") { database in
            try await makeItems(on: database)
            try await database.transaction { transaction in
                try await transaction.execute("INSERT INTO items VALUES (1, 'a')")
                do {
                    try await transaction.savepoint { inner in
                        try await inner.execute("INSERT INTO items VALUES (2, 'b')")
                        throw Thrown()
                    }
                } catch is Thrown {}
                try await transaction.savepoint { inner in
                    _ = try await inner.execute("INSERT INTO items VALUES (3, 'c')")
                }
            }
            let ids = try await database.query("SELECT id FROM items ORDER BY id").map { try $0.get(0, as: Int.self) }
            try require(ids, is: [1, 3], "ids")
        },
        .init("A transaction inside a transaction of the same database is refused") { database in
            let error = try await error(of: "nesting") {
                try await database.transaction { _ in try await database.transaction { _ in } }
            }
            try require(error.code, is: .misuse, "code")
        },
        .init("A failed statement leaves the rest of the batch undone") { database in
            try await makeItems(on: database)
            let error = try await error(of: "a batch with a duplicate") {
                try await database.batch(["INSERT INTO items VALUES (1, 'a')", "INSERT INTO items VALUES (1, 'b')"])
            }
            try require(error.code, is: .uniqueViolation, "code")
            try require(try await count(database), is: 0, "rows")
            let changes = try await database.batch([
                "INSERT INTO items VALUES (1, 'a'), (2, 'b')", "DELETE FROM items WHERE id = 2",
            ])
            try require(changes, is: [2, 1], "changes")
        },
        .init("afterCommit runs after the commit and never after a rollback") { database in
            let runs = Mutex<[String]>([])
            try await database.transaction { transaction in
                transaction.afterCommit { runs.withLock { $0.append("committed") } }
                do {
                    try await transaction.savepoint { inner in
                        inner.afterCommit { runs.withLock { $0.append("undone savepoint") } }
                        throw Thrown()
                    }
                } catch is Thrown {}
                try require(runs.withLock { $0 }, is: [], "runs before the commit")
            }
            do {
                try await database.transaction { transaction in
                    transaction.afterCommit { runs.withLock { $0.append("rolled back") } }
                    throw Thrown()
                }
            } catch is Thrown {}
            try require(runs.withLock { $0 }, is: ["committed"], "runs")
        },
        .init("Uncommitted rows are invisible outside") { database in
            try await makeItems(on: database)
            let (wrote, tellWrote) = AsyncStream.makeStream(of: Void.self)
            defer { tellWrote.finish() }
            let reader = Task {
                for await _ in wrote { break }
                return try await count(database)
            }
            do {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO items VALUES (1, 'a')")
                    tellWrote.yield()
                    for _ in 0..<100 { await Task.yield() }
                    throw Thrown()
                }
            } catch is Thrown {}
            try require(try await reader.value, is: 0, "rows that the reader saw")
        },
    ]
}
