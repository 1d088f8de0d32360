// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import ApusTesting
import Foundation
import TestSupport
import Testing

@Suite("A SQLite file that is damaged, and a disk that is full")
struct SQLiteDamageTests {
    let folder: TemporaryFolder
    private var path: String { folder.path + "/test.db" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open() async throws -> SQLiteDatabase { try await SQLiteDatabase.open(url: "sqlite:\(path)") }

    private func failure(_ body: () async throws -> Void) async throws -> DatabaseError {
        do {
            try await body()
        } catch let error as DatabaseError {
            return error
        }
        throw ConformanceFailure("it should have failed")
    }

    /// Puts bytes over the file from an offset on.
    private func overwrite(from offset: Int, _ bytes: [UInt8]) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    /// A file with two tables of many pages each.
    private func fill() async throws {
        let database = try await open()
        for table in ["good", "bad"] {
            try await database.execute("CREATE TABLE \(raw: table) (id INTEGER PRIMARY KEY, text TEXT)")
            let rows = (1...500).map { [SQLValue.integer(Int64($0)), .text(String(repeating: "x", count: 200))] }
            try await database.insert(into: table, columns: ["id", "text"], rows: rows)
        }
        await database.close()
    }

    @Test("damaged pages are corrupt for who reads or writes them; the other tables go on")
    func pages() async throws {
        try await fill()
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        // The last third is all of the second table's.
        try overwrite(from: size * 2 / 3, [UInt8](repeating: 0xA5, count: size - size * 2 / 3))
        let database = try await open()
        #expect(try await database.value("SELECT COUNT(*) FROM good") == 500)
        let read = try await failure { _ = try await database.query("SELECT SUM(length(text)) FROM bad") }
        #expect(read.code == .corrupt && read.engineCode?.isEmpty == false, "\(read)")
        let write = try await failure { try await database.execute("UPDATE bad SET text = 'y'") }
        #expect(write.code == .corrupt, "\(write)")
        let streamed = try await failure {
            try await database.stream("SELECT * FROM bad", piece: 10) { _ in }
        }
        #expect(streamed.code == .corrupt)
        try await database.execute("UPDATE good SET text = 'y' WHERE id = 1")
        #expect(try await database.value("SELECT text FROM good WHERE id = 1") == "y")
        await database.close()
    }

    @Test("a damaged head, a file cut off and one of random bytes are refused with the path", arguments: [0, 1, 2])
    func head(kind: Int) async throws {
        try await fill()
        switch kind {
        case 0: try overwrite(from: 0, [UInt8](repeating: 0xA5, count: 100))
        // The schema itself.
        case 1: try overwrite(from: 100, [UInt8](repeating: 0xA5, count: 3_900))
        default:
            try Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 167) }).write(
                to: URL(fileURLWithPath: path))
        }
        let error = try await failure {
            let database = try await open()
            defer { Task { await database.close() } }
            _ = try await database.query("SELECT COUNT(*) FROM good")
        }
        #expect(error.code == .corrupt, "\(error)")
    }

    @Test("a file that may not grow: a typed error, the transaction leaves nothing, what was there stays, and so on")
    func full() async throws {
        let database = try await open()
        try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
        try await database.execute("INSERT INTO t VALUES (1, 'kept')")
        try await setMaximum(pages: 20, of: database)
        let text = String(repeating: "x", count: 50_000)
        let alone = try await failure {
            try await database.execute("INSERT INTO t VALUES (2, \(text)), (3, \(text))")
        }
        #expect(alone.code == .diskFull && !alone.mayHaveRun, "\(alone)")
        let batch = try await failure {
            try await database.batch([
                "INSERT INTO t VALUES (4, 'small')", "INSERT INTO t VALUES (5, \(text)), (6, \(text))",
            ])
        }
        #expect(batch.code == .diskFull)
        let transaction = try await failure {
            try await database.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (7, 'small')")
                try await transaction.execute("INSERT INTO t VALUES (8, \(text)), (9, \(text))")
            }
        }
        #expect(transaction.code == .diskFull)
        #expect(try await database.query("SELECT id FROM t").map { try $0.get(0, as: Int.self) } == [1])
        try await database.execute("INSERT INTO t VALUES (10, 'small')")
        try await setMaximum(pages: 10_000, of: database)
        try await database.execute("INSERT INTO t VALUES (11, \(text)), (12, \(text))")
        await database.close()
        let again = try await open()
        #expect(try await again.query("SELECT id FROM t").map { try $0.get(0, as: Int.self) } == [1, 10, 11, 12])
        await again.close()
    }

    private func setMaximum(pages: Int, of database: SQLiteDatabase) async throws {
        try await database.transaction { transaction in
            _ = try await transaction.query("PRAGMA max_page_count = \(raw: "\(pages)")")
        }
    }

    @Test(
        "a full disk: typed errors for everyone, and nothing that was acknowledged is lost",
        .enabled(if: geteuid() == 0))
    func fullDisk() async throws {
        let disk = try SmallDisk(at: folder.path + "/disk", megabytes: 2)
        let url = "sqlite:\(disk.path)/test.db"
        let database = try await SQLiteDatabase.open(url: url)
        try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
        let text = String(repeating: "x", count: 5_000)
        let acknowledged = Journal<Int>()
        let errors = Journal<DatabaseError>()
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    for number in 0..<100 {
                        do throws(DatabaseError) {
                            try await database.execute("INSERT INTO t VALUES (\(client * 100 + number), \(text))")
                            acknowledged.append(client * 100 + number)
                        } catch {
                            errors.append(error)
                        }
                    }
                }
            }
        }
        #expect(
            !errors.entries.isEmpty && errors.entries.allSatisfy { $0.code == .diskFull },
            "\(errors.entries.first?.description ?? "none")")
        let ids: SQL = "SELECT id FROM t ORDER BY id"
        let stored = try await database.query(ids).map { try $0.get(0, as: Int.self) }
        #expect(!stored.isEmpty && stored == acknowledged.entries.sorted())
        await database.close()
        // The same after it was closed, and the service goes on once there is room.
        try disk.resize(megabytes: 20)
        let again = try await SQLiteDatabase.open(url: url)
        #expect(try await again.query(ids).map { try $0.get(0, as: Int.self) } == stored)
        try await again.execute("INSERT INTO t VALUES (1000, \(text))")
        await again.close()
    }
}
