// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Foundation

extension DatabaseConformance {
    static let values: [ConformanceCheck<any Database>] = [
        .init("Values come back as they were bound") { database in
            try await database.execute(
                """
                CREATE TABLE samples (i BIGINT, d DOUBLE PRECISION, t TEXT, b \(raw: database.dialect.blob), f BIGINT, n TEXT)
                """)
            let text = "a 'quoted' \"text\"; -- ü 🦅 \n"
            try await database.execute(
                """
                INSERT INTO samples VALUES (\(Int64.min), \(0.1), \(text), \([0, 255, 10] as [UInt8]), \(true.asInteger),
                \(String?.none))
                """)
            guard let row = try await database.first("SELECT * FROM samples") else {
                throw ConformanceFailure("no row")
            }
            try require(try row["i"], is: Int64.min, "integer")
            try require(try row["d"], is: 0.1, "double")
            try require(try row["t"], is: text, "text")
            try require(try row["b"], is: [0, 255, 10] as [UInt8], "blob")
            try require(try row["f"], is: true, "bool")
            try require(try row["n"], is: String?.none, "null")
            try require(try row[0], is: Int64.min, "by index")
        },
        .init("An interpolated value never becomes SQL") { database in
            try await makeItems(on: database)
            let name = "x'); DROP TABLE items; --"
            try await database.execute("INSERT INTO items VALUES (1, \(name))")
            try require(
                try await database.value("SELECT name FROM items WHERE name = \(name)"), is: name, "the name")
        },
        .init("Lists, nested statements and identifiers are rendered") { database in
            try await makeItems(on: database)
            try await database.execute("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c')")
            let some: SQL = "SELECT id FROM items WHERE id IN (\(list: [1, 3]))"
            let rows = try await database.query("\(some) ORDER BY \(identifier: "id") DESC")
            try require(try rows.map { row in try row.get(0, as: Int.self) }, is: [3, 1], "ids")
            let none = try await database.query("SELECT id FROM items WHERE id IN (\(list: [Int]()))")
            try require(none.count, is: 0, "rows of an empty list")
        },
        .init("execute tells how many rows changed") { database in
            try await makeItems(on: database)
            try require(
                try await database.execute("INSERT INTO items VALUES (1, 'a'), (2, 'b')"), is: 2, "inserted")
            try require(try await database.execute("UPDATE items SET name = name || 'x'"), is: 2, "updated")
            try require(try await database.execute("DELETE FROM items WHERE id = 9"), is: 0, "deleted nothing")
            try require(try await database.execute("DELETE FROM items"), is: 2, "deleted")
        },
        .init("A query may write and return rows") { database in
            try await makeItems(on: database)
            let rows = try await database.query("INSERT INTO items VALUES (7, 'a') RETURNING id")
            try require(try rows.first?.get("id", as: Int.self), is: 7, "the id")
            let common = try await database.query(
                "WITH chosen AS (SELECT id FROM items) DELETE FROM items WHERE id IN (SELECT id FROM chosen) RETURNING id"
            )
            try require(common.count, is: 1, "rows deleted by a WITH statement")
            try require(try await count(database), is: 0, "rows left")
        },
        .init("A missing column, NULL and another type are errors that name the column") { database in
            guard let row = try await database.first("SELECT 1 AS one, NULL AS empty, 'x' AS letter") else {
                throw ConformanceFailure("no row")
            }
            let missing = try await error(of: "a missing column") { _ = try row.get("two", as: Int.self) }
            try require(missing.code == .decoding && missing.message.contains("two"), "got \(missing)")
            let null = try await error(of: "NULL as integer") { _ = try row.get("empty", as: Int.self) }
            try require(null.code == .decoding && null.message.contains("empty"), "got \(null)")
            let text = try await error(of: "text as integer") { _ = try row.get("letter", as: Int.self) }
            try require(text.code == .decoding && text.message.contains("letter"), "got \(text)")
        },
    ]
}

extension Bool {
    fileprivate var asInteger: Int { self ? 1 : 0 }
}
