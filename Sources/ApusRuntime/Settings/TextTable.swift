// SPDX-License-Identifier: Apache-2.0

/// Rows of text whose columns are aligned with blanks.
enum TextTable {
    /// The rows under `header`, each column as wide as its widest cell, at most `widest` characters but for the last.
    static func text(header: [String], rows: [[String]], widest: Int = 60) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { min($0[column].count, widest) }.max() ?? 0 }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: max(0, widths[column] - cell.count))
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n") + "\n"
    }
}
