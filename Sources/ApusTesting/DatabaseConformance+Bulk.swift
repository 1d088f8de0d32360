// SPDX-License-Identifier: Apache-2.0
import ApusSQL

extension DatabaseConformance {
    static let bulk: [ConformanceCheck<any Database>] = [
        .init("Many rows are inserted at once, all or none") { database in
            try await makeItems(on: database)
            let rows = (0..<5000).map { [SQLValue.integer(Int64($0)), .text("item \($0)")] }
            let inserted = try await database.insert(into: "items", columns: ["id", "name"], rows: rows)
            try require(inserted, is: 5000, "inserted")
            let error = try await error(of: "a duplicate at the end") {
                let more = (5000..<10_000).map { [SQLValue.integer(Int64($0)), .text("item \($0)")] }
                try await database.insert(
                    into: "items", columns: ["id", "name"], rows: more + [[.integer(7), .text("x")]])
            }
            try require(error.code, is: .uniqueViolation, "code")
            try require(try await count(database), is: 5000, "rows")
            try await database.transaction { transaction in
                try await transaction.insert(
                    into: "items", columns: ["name", "id"], rows: [[.text("x"), .integer(-1)]])
            }
            try require(try await database.value("SELECT name FROM items WHERE id = -1"), is: "x", "the name")
        },
        .init("Rows of the wrong length are refused") { database in
            try await makeItems(on: database)
            let error = try await error(of: "a short row") {
                try await database.insert(into: "items", columns: ["id", "name"], rows: [[.integer(1)]])
            }
            try require(error.code, is: .misuse, "code")
        },
        .init("A large result is streamed in order and in pieces") { database in
            try await fill(database)
            try await checkStream(of: database)
            try await database.transaction { try await checkStream(of: $0) }
        },
        .init("A stream that is left early ends, and the database goes on") { database in
            try await fill(database)
            for _ in 0..<3 {
                do {
                    try await database.stream("SELECT id FROM items", piece: 10) { _ in throw Thrown() }
                    throw ConformanceFailure("the error was swallowed")
                } catch is Thrown {}
            }
            try require(try await count(database), is: 5000, "rows")
        },
        .init("A stream of nothing gives nothing, and one that isn't SQL is a syntax error") { database in
            try await makeItems(on: database)
            try await database.stream("SELECT * FROM items", piece: 10) { _ in
                throw ConformanceFailure("there are no rows")
            }
            let error = try await error(of: "nonsense") { try await database.stream("SELEKT", piece: 1) { _ in } }
            try require(error.code, is: .syntax, "code")
        },
    ]

    private static func fill(_ database: any Database) async throws {
        try await makeItems(on: database)
        let rows = (0..<5000).map { [SQLValue.integer(Int64($0)), .text("item \($0)")] }
        try await database.insert(into: "items", columns: ["id", "name"], rows: rows)
    }

    private static func checkStream(of executor: any SQLExecutor) async throws {
        var next = 0
        var largest = 0
        try await executor.stream("SELECT id FROM items WHERE id >= \(100) ORDER BY id", piece: 300) { rows in
            largest = max(largest, rows.count)
            for row in rows {
                try require(try row.get("id", as: Int.self), is: next + 100, "id")
                next += 1
            }
        }
        try require(next, is: 4900, "rows")
        try require(largest, is: 300, "the largest piece")
    }
}
