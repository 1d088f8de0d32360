// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("SQLite and large values")
struct SQLiteInputTests {
    @Test("100 MB go there and back, and what is larger than SQLite takes is refused typed")
    func large() async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(url: "sqlite:\(folder.path)/test.db")
        try await database.execute("CREATE TABLE t (a BLOB)")
        let bytes = [UInt8](repeating: 7, count: 100_000_000)
        try await database.execute("INSERT INTO t VALUES (\(bytes))")
        #expect(try await database.value("SELECT a FROM t") == bytes)
        do {
            _ = try await database.query("SELECT zeroblob(2000000000)")
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .invalidValue, "\(error)")
        }
        #expect(try await database.value("SELECT COUNT(*) FROM t") == 1)
        await database.close()
    }
}
