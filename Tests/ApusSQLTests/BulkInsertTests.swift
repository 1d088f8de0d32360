// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusSQL

@Suite("Bulk insert")
struct BulkInsertTests {
    @Test("many rows become few statements with few texts")
    func statements() throws {
        let rows = (0..<5000).map { [SQLValue.integer(Int64($0)), .text("x")] }
        let statements = try BulkInsert.statements(table: "t", columns: ["a", "b"], rows: rows)
        let texts = statements.map { $0.text(for: .postgres) }
        #expect(statements.map(\.values.count) == [4096, 4096, 1808])
        #expect(texts[0] == texts[1])
        #expect(statements[0].template == statements[1].template && statements[1].template != statements[2].template)
        #expect(texts[0].hasPrefix(#"INSERT INTO "t" ("a", "b") VALUES ($1, $2), ($3, $4)"#))
    }

    @Test("no rows need no statement")
    func nothing() throws {
        #expect(try BulkInsert.statements(table: "t", columns: ["a"], rows: [[SQLValue]]()).isEmpty)
    }
}
