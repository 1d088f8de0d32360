// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusSQL

@Suite("Statements")
struct SQLTests {
    @Test("values become parameters in their order, wherever they stand")
    func values() {
        let sql: SQL = "\(1)SELECT \("a"), \(true)\(Double?.none) FROM t WHERE n = \(2)"
        #expect(sql.text(for: .postgres) == "$1SELECT $2, $3$4 FROM t WHERE n = $5")
        #expect(sql.text(for: .sqlite) == "?SELECT ?, ?? FROM t WHERE n = ?")
        #expect(sql.values == [.integer(1), .text("a"), .bool(true), .null, .integer(2)])
    }

    @Test("what stands in a value never becomes text")
    func injection() {
        let sql: SQL = "SELECT id FROM users WHERE name = \("'; DROP TABLE users; --")"
        #expect(sql.text(for: .postgres) == "SELECT id FROM users WHERE name = $1")
        #expect(SQL("\(identifier: #"a"b"#)").text(for: .sqlite) == #""a""b""#)
        // With a combining mark behind it, a quote is part of another character.
        let name = "a\"\u{301} FROM secret --"
        #expect(SQL("\(identifier: name)").text(for: .sqlite).unicodeScalars.count { $0 == "\"" } == 4)
    }

    @Test("statements in statements, and one after another, keep their values in order")
    func composed() {
        let condition: SQL = "a = \(1) AND b = \(2)"
        let whole: SQL = "SELECT x FROM t WHERE (\(condition)) AND c IN (\(list: [3, 4])) LIMIT \(5)"
        #expect(whole.text(for: .postgres) == "SELECT x FROM t WHERE (a = $1 AND b = $2) AND c IN ($3, $4) LIMIT $5")
        #expect(whole.values == [1, 2, 3, 4, 5].map { .integer($0) })
        var sum: SQL = "SELECT \(0), "
        sum += condition
        #expect(sum == "SELECT \(0), " + condition)
        #expect(sum.text(for: .postgres) == "SELECT $1, a = $2 AND b = $3")
        #expect(sum.values == [.integer(0), .integer(1), .integer(2)])
    }

    @Test("an empty list is valid and matches nothing")
    func emptyList() {
        #expect(SQL("x IN (\(list: [Int]()))").text(for: .postgres) == "x IN (NULL)")
    }

    @Test("statements have the same template when only their values differ, and only then")
    func template() {
        func find(_ name: String, _ id: Int) -> SQL { "SELECT id FROM t WHERE name = \(name) AND id > \(id)" }
        #expect(find("a", 1).template == find("b", 2).template && find("a", 1) != find("b", 2))
        #expect(SQL("a = \(1)").template == (SQL(raw: "a = ") + "\(1)").template)
        #expect(SQL("a = \(1)").template != SQL(raw: "a = $1").template)
        #expect(SQL("a = \(1)").template != SQL("a = \(1) ").template)
        // For strings both are é.
        let written: Set = [SQL(raw: "SELECT '\u{E9}'").template, SQL(raw: "SELECT 'e\u{301}'").template]
        #expect(written.count == 2)
    }
}
