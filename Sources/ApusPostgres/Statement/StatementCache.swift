// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL

    /// The statements that are prepared on a connection. Holds a bounded number; the one not used for the
    /// longest time goes first.
    struct StatementCache {
        private struct Entry {
            let statement: PreparedStatement
            var lastUse: UInt64
        }

        private let capacity: Int
        private var entries: [SQL.Template: Entry] = [:]
        private var uses: UInt64 = 0
        /// What was found last: most often the same statement is asked for again.
        private var latest: (template: SQL.Template, statement: PreparedStatement)?
        private var made: UInt64 = 0
        /// Names that the server may forget, told with the next statement that is prepared.
        private(set) var retired: [String] = []

        init(capacity: Int) {
            self.capacity = capacity
        }

        var count: Int { entries.count }

        /// What is prepared for `template`.
        mutating func find(_ template: SQL.Template) -> PreparedStatement? {
            if let latest, latest.template == template { return latest.statement }
            guard let index = entries.index(forKey: template) else { return nil }
            uses += 1
            entries.values[index].lastUse = uses
            let statement = entries.values[index].statement
            latest = (template, statement)
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
            entries[statement.template] = Entry(statement: statement, lastUse: uses)
        }

        /// Forgets one that the server refuses to run any more.
        mutating func forget(_ template: SQL.Template) {
            latest = nil
            if let entry = entries.removeValue(forKey: template) { retire(entry.statement.name) }
        }

        /// The server knows a name that isn't needed.
        mutating func retire(_ name: String) {
            retired.append(name)
        }

        /// Retires what is too many, the least recently used first, but nothing that is needed now.
        mutating func trim(keeping needed: Set<SQL.Template>) {
            let surplus = entries.count - capacity
            guard surplus > 0 else { return }
            let oldest = entries.filter { !needed.contains($0.key) }
                .sorted { $0.value.lastUse < $1.value.lastUse }.prefix(surplus)
            for (template, _) in oldest { forget(template) }
        }

        /// The server has forgotten a name.
        mutating func confirmRetired(_ name: String) {
            retired.removeAll { $0 == name }
        }
    }
#endif
