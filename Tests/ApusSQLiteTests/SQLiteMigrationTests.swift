// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("Migrations of instances that start at once on one SQLite file")
struct SQLiteMigrationTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("ten that open a file that isn't there yet run each migration once, and all of them find the whole schema")
    func instances() async throws {
        for round in 0..<5 {
            let url = "sqlite:\(folder.path)/\(round)/shared.db"
            // Each fails if it runs twice.
            let list = Migrations(
                (1...20).map { number in
                    Migration(
                        "\(number + 1000)_step", "CREATE TABLE t\(number) (id BIGINT PRIMARY KEY)",
                        "INSERT INTO t\(number) VALUES (1)")
                })
            let ran = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        let database = try await SQLiteDatabase.open(url: url)
                        let names = try await list.run(on: database)
                        _ = try await database.query("SELECT * FROM t1, t20")
                        await database.close()
                        return names
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ran.sorted() == list.migrations.map(\.name))
        }
    }
}
