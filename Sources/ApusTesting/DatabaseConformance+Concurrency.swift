// SPDX-License-Identifier: Apache-2.0
import ApusSQL

extension DatabaseConformance {
    static let concurrency: [ConformanceCheck<any Database>] = [
        .init("Concurrent transactions lose no update") { database in
            try await makeItems(on: database)
            try await database.execute("CREATE TABLE counters (value BIGINT NOT NULL)")
            try await database.execute("INSERT INTO counters VALUES (0)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await database.transaction(attempts: 500) { transaction in
                            let value = try await transaction.value("SELECT value FROM counters", as: Int.self) ?? 0
                            await Task.yield()
                            try await transaction.execute("UPDATE counters SET value = \(value + 1)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            try require(try await database.value("SELECT value FROM counters"), is: 50, "counter")
        },
        .init("Of many concurrent writes each succeeds or fails for itself") { database in
            try await makeItems(on: database)
            let failures = try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in 0..<500 {
                    group.addTask {
                        do {
                            // Every tenth repeats the name of the first of its hundred.
                            let name = id % 10 == 0 ? "same \(id / 100)" : "item \(id)"
                            try await database.execute("INSERT INTO items VALUES (\(id), \(name))")
                            return false
                        } catch let error as DatabaseError where error.code == .uniqueViolation {
                            return true
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try require(failures, is: 45, "violations")
            try require(try await count(database), is: 455, "rows")
        },
        .init("A cancelled waiter for a transaction goes away and the others go on") { database in
            try await makeItems(on: database)
            let (held, tellHeld) = AsyncStream.makeStream(of: Void.self)
            let (go, tellGo) = AsyncStream.makeStream(of: Void.self)
            // Should something fail, nobody is left waiting.
            defer { tellGo.finish() }
            let holder = Task {
                defer { tellHeld.finish() }
                return try await database.transaction { transaction in
                    tellHeld.yield()
                    for await _ in go { break }
                    try await transaction.execute("INSERT INTO items VALUES (1, 'a')")
                }
            }
            for await _ in held { break }
            let cancelled = Task { try await database.transaction { _ in } }
            let waiter = Task { try await database.execute("INSERT INTO items VALUES (2, 'b')") }
            cancelled.cancel()
            let error = try await error(of: "the cancelled transaction") { try await cancelled.value }
            try require(error.code, is: .cancelled, "code")
            tellGo.yield()
            _ = try await holder.value
            _ = try await waiter.value
            try require(try await count(database), is: 2, "rows")
        },
    ]
}
