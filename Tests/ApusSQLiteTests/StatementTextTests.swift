// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Testing

@testable import ApusSQLite

@Suite("What the text of a statement tells")
struct StatementTextTests {
    @Test(
        "the first word counts, after all that SQLite skips",
        arguments: [
            ("SELECT 1", .seemsToRead), ("\t\r\n\u{C}select 1", .seemsToRead), ("values (1)", .seemsToRead),
            ("-- a comment\n/* another; one */ WITH x AS (SELECT 1) SELECT * FROM x", .seemsToRead),
            ("/**/-- BEGIN\nINSERT INTO t VALUES (1)", .other), ("", .other), ("-- BEGIN", .other),
            ("/* BEGIN", .other), ("/*/ BEGIN */ SELECT 1", .seemsToRead), ("- BEGIN", .other),
            ("BEGIN", .endsTransaction), ("begin IMMEDIATE", .endsTransaction), ("Commit;", .endsTransaction),
            ("END", .endsTransaction), ("/* x */ROLLBACK TO a", .endsTransaction), ("SAVEPOINT a", .endsTransaction),
            ("RELEASE\"a\"", .endsTransaction), (";; BEGIN", .endsTransaction), ("\u{FEFF}BEGIN", .endsTransaction),
            ("BEGINNING", .other), ("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END", .other),
            ("ÉND", .other), ("EXPLAIN COMMIT", .other), ("SAVEPOINTS", .other),
        ] as [(String, StatementText.Kind)])
    func kinds(text: String, kind: StatementText.Kind) {
        #expect(StatementText.kind(of: text) == kind)
    }

    @Test("what SQLite would cut off or what ends a transaction is refused before it runs")
    func refusals() {
        func code(_ sql: SQL) -> DatabaseError.Code? {
            do throws(DatabaseError) {
                _ = try RenderedStatement(sql)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code("SELECT \("a")") == nil)
        #expect(code("SELECT \("a\0b")") == .invalidValue)
        #expect(code("SELECT 1\0, 2") == .syntax)
        #expect(code("COMMIT") == .misuse)
    }
}
