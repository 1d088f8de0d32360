// SPDX-License-Identifier: Apache-2.0

/// Many rows as few `INSERT` statements, whose texts are alike so that they are prepared once.
enum BulkInsert {
    /// Parameters of one statement at most; SQLite takes 32,766, PostgreSQL 65,535.
    static let maximumParameters = 4096

    static func statements(
        table: String, columns: [String], rows: some Sequence<[SQLValue]>
    ) throws(DatabaseError) -> [SQL] {
        guard !columns.isEmpty else { throw DatabaseError(.misuse, "an insert into \(table) without columns") }
        let rowsPerStatement = max(1, maximumParameters / columns.count)
        var head: SQL = "INSERT INTO \(identifier: table) ("
        for (index, column) in columns.enumerated() {
            head = head + (index == 0 ? "\(identifier: column)" : ", \(identifier: column)")
        }
        head = head + ") VALUES "
        var statements: [SQL] = []
        var current = SQL.Interpolation(literalCapacity: 0, interpolationCount: columns.count * rowsPerStatement)
        var count = 0
        for row in rows {
            guard row.count == columns.count else {
                throw DatabaseError(
                    .misuse, "a row of \(row.count) values for \(columns.count) columns of \(table)")
            }
            current.appendLiteral(count == 0 ? "(" : ", (")
            current.appendInterpolation(list: row)
            current.appendLiteral(")")
            count += 1
            if count == rowsPerStatement {
                statements.append(head + SQL(stringInterpolation: current))
                current = .init(literalCapacity: 0, interpolationCount: columns.count * rowsPerStatement)
                count = 0
            }
        }
        if count > 0 { statements.append(head + SQL(stringInterpolation: current)) }
        return statements
    }
}
