// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

/// A statement that is read piece by piece. Used on its connection's thread only.
final class RowCursor: @unchecked Sendable {
    /// GRDB wants it freed on the connection's thread too, so it is let go as soon as it has ended.
    private var cursor: GRDB.RowCursor?
    private let connection: GRDB.Database
    private let columns: ApusSQL.Row.Columns
    /// Whether it changes nothing.
    let isReadOnly: Bool

    init(_ statement: RenderedStatement, on connection: GRDB.Database) throws {
        let prepared = try statement.prepared(on: connection, isShared: false)
        self.connection = connection
        columns = ApusSQL.Row.Columns(prepared.columnNames)
        isReadOnly = prepared.isReadonly
        cursor = try GRDB.Row.fetchCursor(prepared)
    }

    /// The next rows, at most `count`; nil after the last. If it fails, nothing is left.
    func next(_ count: Int, for caller: Caller) throws -> [ApusSQL.Row]? {
        guard let open = cursor else { return nil }
        do {
            let rows = try StatementWatch.run(on: connection, for: caller, isReadOnly: isReadOnly) {
                try next(count, of: open)
            }
            if rows.count < count { close() }
            return rows.isEmpty ? nil : rows
        } catch {
            close()
            throw error
        }
    }

    private func next(_ count: Int, of open: GRDB.RowCursor) throws -> [ApusSQL.Row] {
        var rows: [ApusSQL.Row] = []
        while rows.count < count, let row = try open.next() {
            rows.append(ApusSQL.Row(columns: columns, values: row.databaseValues.map(SQLValue.init(_:))))
        }
        return rows
    }

    /// Gives up what is left. To be called on the connection's thread, before this goes, by who doesn't read to the end.
    func close() {
        cursor = nil
    }
}
