// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

/// What every `Database` promises. Each check gets a database without tables.
public enum DatabaseConformance {
    /// All checks.
    public static let checks: [ConformanceCheck<any Database>] =
        values + errors + transactions + concurrency + bulk + migrations

    /// Makes `items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)`.
    static func makeItems(on database: any Database) async throws {
        try await database.execute("CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    }

    static func count(_ database: any SQLExecutor) async throws -> Int {
        try await database.value("SELECT COUNT(*) FROM items") ?? -1
    }

    /// The error that `body` throws.
    static func error(
        of what: String, _ body: () async throws -> Void, file: String = #fileID, line: Int = #line
    ) async throws -> DatabaseError {
        do {
            try await body()
        } catch let error as DatabaseError {
            return error
        }
        throw ConformanceFailure("\(what) should have failed", file: file, line: line)
    }
}
