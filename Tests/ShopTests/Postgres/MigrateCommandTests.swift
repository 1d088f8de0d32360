// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Foundation
    import Testing

    /// `users-service migrate` as processes of their own.
    @Suite("The migrate command", .timeLimit(.minutes(1)))
    struct MigrateCommandTests {
        private static let server = Result { try PostgresServer() }
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func migrate(_ url: String, _ arguments: String...) async throws -> (status: Int32, lines: [String]) {
            let (status, output) = try await Programs.run(
                Programs.folder + "/users-service",
                ["migrate", "--database-url=\(url)", "--data-dir=\(folder.path)"] + arguments, in: folder)
            return (status, output.split(separator: "\n").map(String.init))
        }

        private func newDatabase() async throws -> String {
            let server = try Self.server.get()
            let name = "migrated_\(server.newSchemaName())"
            let admin = try PostgresDatabase.open(url: server.url())
            try await admin.execute(SQL(raw: "CREATE DATABASE \(name)"))
            await admin.close()
            return server.url(database: name)
        }

        @Test(
            "on PostgreSQL: a dry run changes nothing, ten at once run each step once, a drift and a gap name the step")
        func postgres() async throws {
            let url = try await newDatabase()
            let database = try PostgresDatabase.open(url: url)
            let dry = try await migrate(url, "--dry-run")
            #expect(
                dry.status == 0 && dry.lines.count >= 2 && dry.lines.allSatisfy { $0.hasPrefix("pending ") }, "\(dry)")
            let tables: SQL = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"
            #expect(try await database.value(tables) == 0)
            try await runTenAtOnce(url, steps: dry.lines.map { String($0.dropFirst("pending ".count)) })
            #expect(try await migrate(url, "--dry-run").lines == ["nothing to do"])
            #expect(try await migrate(url).lines == ["nothing to do"])

            let step: SQL = "WHERE name = '0001_users'"
            try await database.execute("UPDATE schema_migrations SET checksum = 'other' " + step)
            for arguments in [[], ["--dry-run"]] {
                let (status, output) = try await Programs.run(
                    Programs.folder + "/users-service",
                    ["migrate", "--database-url=\(url)", "--data-dir=\(folder.path)"] + arguments, in: folder)
                #expect(status == 1 && output.contains("0001_users was changed after it ran"), "\(output)")
            }
            try await database.execute("UPDATE schema_migrations SET name = '0000_gone' " + step)
            let gone = try await migrate(url)
            #expect(
                gone.status == 1 && gone.lines.contains { $0.contains("0000_gone") && $0.contains("older") }, "\(gone)")
            await database.close()
        }

        @Test("on one SQLite file: ten at once run each step once")
        func sqlite() async throws {
            let url = "sqlite:\(folder.path)/users.db"
            let steps = try await migrate("sqlite:\(folder.path)/dry.db", "--dry-run").lines
            try await runTenAtOnce(url, steps: steps.map { String($0.dropFirst("pending ".count)) })
        }

        private func runTenAtOnce(_ url: String, steps: [String]) async throws {
            let outcomes = try await withThrowingTaskGroup(of: (status: Int32, lines: [String]).self) { group in
                for _ in 0..<10 { group.addTask { try await migrate(url) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
            let done = outcomes.flatMap(\.lines).filter { $0 != "nothing to do" }
            #expect(done.sorted() == steps.map { "done \($0)" }.sorted(), "\(done)")
        }
    }
#endif
