// SPDX-License-Identifier: Apache-2.0
import ApusSQL

extension DatabaseConformance {
    private static let first = Migration("0001_items", "CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT)")
    private static let second = Migration("0002_more", "ALTER TABLE items ADD COLUMN size BIGINT")

    static let migrations: [ConformanceCheck<any Database>] = [
        .init("Migrations run in order, once, and are planned without being run") { database in
            let list = Migrations([first, second])
            try require(
                try await list.plan(on: database).pending.map(\.name), is: ["0001_items", "0002_more"], "the plan")
            try require(try await list.plan(on: database).pending.count, is: 2, "pending after a plan")
            try require(try await Migrations([first]).run(on: database), is: ["0001_items"], "first run")
            try require(try await list.run(on: database), is: ["0002_more"], "second run")
            try require(try await list.run(on: database), is: [], "third run")
            try require(
                try await list.plan(on: database).applied.map(\.name), is: ["0001_items", "0002_more"], "applied")
            try await database.execute("INSERT INTO items (id, size) VALUES (1, 2)")
        },
        .init("A migration that changed after it ran is drift that names it") { database in
            try await Migrations([first]).run(on: database)
            let changed = Migration("0001_items", "CREATE TABLE items (id TEXT)")
            let error = try await error(of: "a changed migration") { try await Migrations([changed]).run(on: database) }
            try require(error.code == .migrationDrift && error.message.contains("0001_items"), "got \(error)")
        },
        .init("A recorded migration that the program lacks is drift that names it") { database in
            try await Migrations([first, second]).run(on: database)
            let error = try await error(of: "a lacking migration") { try await Migrations([first]).run(on: database) }
            try require(error.code == .migrationDrift && error.message.contains("0002_more"), "got \(error)")
        },
        .init("A migration put before one that ran is drift that names it") { database in
            try await Migrations([first]).run(on: database)
            let error = try await error(of: "a late migration") {
                try await Migrations([Migration("0000_early", "SELECT 1"), first]).run(on: database)
            }
            try require(error.code == .migrationDrift && error.message.contains("0000_early"), "got \(error)")
        },
        .init("A migration that fails leaves nothing of itself and keeps those before it") { database in
            let broken = Migration("0002_broken", "CREATE TABLE half (id BIGINT)", "CREATE NONSENSE")
            let error = try await error(of: "a broken migration") {
                try await Migrations([first, broken]).run(on: database)
            }
            try require(error.message.contains("0002_broken"), "got \(error)")
            try require(try await Migrations([first, second]).run(on: database), is: ["0002_more"], "the mended run")
            let half = try await DatabaseConformance.error(of: "the half table") {
                _ = try await database.query("SELECT * FROM half")
            }
            try require(half.code, is: .syntax, "the half table")
        },
        .init("Ten that start at once run each migration once") { database in
            let names = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<10 {
                    group.addTask { try await Migrations([first, second]).run(on: database) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try require(names.sorted(), is: ["0001_items", "0002_more"], "what ran")
        },
        .init("Components keep lists of their own in one database") { database in
            try await Migrations(component: "queue", [Migration("0001", "CREATE TABLE a (b TEXT)")]).run(on: database)
            try await Migrations([Migration("0001", "CREATE TABLE c (d TEXT)")]).run(on: database)
            try await database.execute("INSERT INTO a VALUES ('x')")
            try await database.execute("INSERT INTO c VALUES ('x')")
        },
    ]
}
