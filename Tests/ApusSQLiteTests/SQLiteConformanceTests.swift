// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("SQLite keeps the promises of Database")
struct SQLiteConformanceTests {
    @Test("in memory", arguments: DatabaseConformance.checks)
    func memory(check: ConformanceCheck<any Database>) async throws {
        let database = try await SQLiteDatabase.open(url: "sqlite::memory:")
        try await check.run(database)
        await database.close()
    }

    @Test("in a file", arguments: DatabaseConformance.checks)
    func file(check: ConformanceCheck<any Database>) async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(url: "sqlite:\(folder.path)/test.db")
        try await check.run(database)
        await database.close()
    }
}
