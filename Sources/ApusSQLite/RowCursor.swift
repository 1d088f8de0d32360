// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

/// A statement that is read piece by piece. Used on its connection's thread only.
final class RowCursor: @unchecked Sendable {
    /// GRDB wants it freed on the connection's thread too, so it is let go as soon as it has ended.
    private var cursor: GRDB.RowCursor?
    private let columns: ApusSQL.Row.Columns

    init(_ statement: RenderedStatement, on connection: GRDB.Database) throws {
        // Not a cached one, which another use of the same text would start again.
        let prepared = try connection.makeStatement(sql: statement.text)
        try prepared.setArguments(StatementArguments(statement.values.map(\.databaseValue)))
        columns = ApusSQL.Row.Columns(prepared.columnNames)
        cursor = try GRDB.Row.fetchCursor(prepared)
    }

    /// The next rows, at most `count`; nil after the last.
    func next(_ count: Int) throws -> [ApusSQL.Row]? {
        guard let open = cursor else { return nil }
        var rows: [ApusSQL.Row] = []
        while rows.count < count {
            guard let row = try open.next() else {
                close()
                break
            }
            rows.append(ApusSQL.Row(columns: columns, values: row.databaseValues.map(SQLValue.init(_:))))
        }
        return rows.isEmpty ? nil : rows
    }

    /// Gives up what is left. To be called on the connection's thread, before this goes, by who doesn't read to the end.
    func close() {
        cursor = nil
    }
}
