// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Foundation
internal import GRDB

/// A statement in SQLite's form, and how it runs on a connection.
struct RenderedStatement: Sendable {
    let text: String
    let values: [SQLValue]

    init(_ sql: ApusSQL.SQL) {
        text = sql.text(for: .sqlite)
        values = sql.values
    }

    /// Whether it begins like a statement that only reads; a reader connection then decides.
    var looksReadOnly: Bool {
        let word = text.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.prefix(6)
        let upper = String(decoding: word, as: UTF8.self).uppercased()
        return upper.hasPrefix("SELECT") || upper.hasPrefix("VALUES") || upper.hasPrefix("WITH")
    }

    /// All rows, from a reader; nil if the statement would write.
    func readRows(
        opening connection: Result<GRDB.Database, any Error>
    ) throws(ApusSQL.DatabaseError) -> [ApusSQL.Row]? {
        do {
            let statement = try prepared(on: connection.get())
            guard statement.isReadonly else { return nil }
            return try fetch(statement)
        } catch {
            throw ApusSQL.DatabaseError(translating: error, statement: text)
        }
    }

    /// All rows.
    func rows(on connection: GRDB.Database) throws(ApusSQL.DatabaseError) -> [ApusSQL.Row] {
        do {
            return try fetch(prepared(on: connection))
        } catch {
            throw ApusSQL.DatabaseError(translating: error, statement: text)
        }
    }

    /// The number of rows that it inserted, changed or deleted.
    func changes(on connection: GRDB.Database) throws(ApusSQL.DatabaseError) -> Int {
        do {
            let statement = try prepared(on: connection)
            let before = connection.totalChangesCount
            if statement.columnCount > 0 {
                _ = try fetch(statement)
            } else {
                try statement.execute()
            }
            // A statement that changes nothing leaves the counter of the one before.
            return connection.totalChangesCount == before ? 0 : connection.changesCount
        } catch {
            throw ApusSQL.DatabaseError(translating: error, statement: text)
        }
    }

    /// Passes the rows on in pieces, from a reader, until `offer` wants no more.
    func stream(
        opening connection: Result<GRDB.Database, any Error>, piece: Int, _ offer: ([ApusSQL.Row]) -> Bool
    ) throws(ApusSQL.DatabaseError) {
        do {
            let cursor = try RowCursor(self, on: connection.get())
            while let rows = try cursor.next(piece) {
                guard offer(rows) else { return }
            }
        } catch {
            throw ApusSQL.DatabaseError(translating: error, statement: text)
        }
    }

    private func prepared(on connection: GRDB.Database) throws -> Statement {
        // It would be cut off there.
        for case .text(let text) in values where text.utf8.contains(0) {
            throw ApusSQL.DatabaseError(.invalidValue, "NUL in text", statement: self.text)
        }
        let statement = try connection.cachedStatement(sql: text)
        try statement.setArguments(StatementArguments(values.map(\.databaseValue)))
        return statement
    }

    private func fetch(_ statement: Statement) throws -> [ApusSQL.Row] {
        let cursor = try GRDB.Row.fetchCursor(statement)
        let columns = ApusSQL.Row.Columns(statement.columnNames)
        var rows: [ApusSQL.Row] = []
        while let row = try cursor.next() {
            rows.append(ApusSQL.Row(columns: columns, values: row.databaseValues.map(SQLValue.init(_:))))
        }
        return rows
    }
}

extension SQLValue {
    /// As SQLite stores it: booleans are 0 and 1, dates are microseconds since 1970.
    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .double(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): Data(value).databaseValue
        case .bool(let value): (value ? 1 : 0).databaseValue
        case .date(let value): value.microsecondsSince1970.databaseValue
        }
    }

    init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .integer(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(Array(value))
        }
    }
}
