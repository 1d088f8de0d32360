// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL

    /// The statements that are prepared on a connection, by their text. Holds a bounded number; the one not used for the
    /// longest time goes first.
    struct StatementCache {
        private struct Entry {
            let statement: PreparedStatement
            var lastUse: UInt64
        }

        private let capacity: Int
        private var byText: [String: Entry] = [:]
        private var uses: UInt64 = 0
        /// What was found last: most often the same statement is asked for again.
        private var latest: (sql: SQL, statement: PreparedStatement)?
        private var made: UInt64 = 0
        /// Names that the server may forget, told with the next statement that is prepared.
        private(set) var retired: [String] = []

        init(capacity: Int) {
            self.capacity = capacity
        }

        var count: Int { byText.count }

        /// What is prepared for the text of `sql`.
        mutating func find(_ sql: SQL) -> PreparedStatement? {
            if let latest, latest.sql.hasSameText(as: sql) { return latest.statement }
            guard let index = byText.index(forKey: sql.text(for: .postgres)) else { return nil }
            uses += 1
            byText.values[index].lastUse = uses
            let statement = byText.values[index].statement
            latest = (sql, statement)
            return statement
        }

        /// A name that no statement of this connection has had.
        mutating func newName() -> String {
            made += 1
            return "apus_\(made)"
        }

        mutating func insert(_ statement: PreparedStatement) {
            uses += 1
            latest = nil
            byText[statement.text] = Entry(statement: statement, lastUse: uses)
        }

        /// Forgets one that the server refuses to run any more.
        mutating func forget(_ text: String) {
            latest = nil
            if let entry = byText.removeValue(forKey: text) { retired.append(entry.statement.name) }
        }

        /// Retires what is too many, the least recently used first.
        mutating func trim() {
            let surplus = byText.count - capacity
            guard surplus > 0 else { return }
            let oldest = byText.sorted { $0.value.lastUse < $1.value.lastUse }.prefix(surplus)
            for (text, _) in oldest { forget(text) }
        }

        /// The server has forgotten these.
        mutating func confirmRetired(_ names: [String]) {
            retired.removeAll { names.contains($0) }
        }
    }
#endif
