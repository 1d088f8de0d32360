// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL
    internal import CPostgres

    /// A statement that the server has prepared on one connection, and what it said about it.
    final class PreparedStatement: Sendable {
        let template: SQL.Template
        /// The text as the server got it.
        let text: String
        let name: String
        /// The name as libpq wants it.
        let cName: [CChar]
        /// The types of its parameters.
        let parameters: [Oid]
        let columns: Row.Columns
        /// The types of its columns.
        let types: [Oid]

        init(template: SQL.Template, text: String, name: String, parameters: [Oid], columns: Row.Columns, types: [Oid])
        {
            self.template = template
            self.text = text
            self.name = name
            cName = Array(name.utf8CString)
            self.parameters = parameters
            self.columns = columns
            self.types = types
        }

        /// Refuses a result with a column that couldn't be read, before the statement runs.
        func checkColumns() throws(DatabaseError) {
            for (index, type) in types.enumerated() where !PostgresType.isReadable(type) {
                throw DatabaseError(
                    .decoding,
                    "column \"\(columns.names[index])\" has the type with object id \(type), which isn't read: "
                        + "cast it, for example to TEXT")
            }
        }
    }
#endif
