// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Why a statement, a transaction or a migration failed.
///
/// Holds the statement's text but never the values bound to it.
public struct DatabaseError: Error, Sendable {
    /// The kind of failure. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name that logs and metrics show.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// The statement would have broken a constraint of this kind. It changed nothing.
        public static let uniqueViolation = Code("unique_violation")
        public static let foreignKeyViolation = Code("foreign_key_violation")
        public static let checkViolation = Code("check_violation")
        public static let notNullViolation = Code("not_null_violation")
        /// Another process or transaction held a lock for too long. Nothing was changed; worth another try.
        public static let busy = Code("busy")
        /// The transaction collided with another and was rolled back. Worth another try from its beginning.
        public static let serializationFailure = Code("serialization_failure")
        /// The server is gone; ``DatabaseError/mayHaveRun`` says whether the statement may have run.
        public static let connectionLost = Code("connection_lost")
        /// The caller's deadline passed, or the server ended the statement: by a limit of its own, or because an
        /// administrator asked it to.
        public static let timeout = Code("timeout")
        /// The calling task was cancelled.
        public static let cancelled = Code("cancelled")
        /// A value doesn't fit: a number out of range, NUL in text, a division by zero, a malformed date.
        public static let invalidValue = Code("invalid_value")
        /// Two transactions waited for each other; this one was rolled back. Worth another try from its beginning.
        public static let deadlock = Code("deadlock")
        /// The statement is not valid for this database and schema, or its parameters don't fit it.
        public static let syntax = Code("syntax")
        /// A column or row that the code expects isn't there or is of another type.
        public static let decoding = Code("decoding")
        /// The database was closed, or the transaction has ended.
        public static let closed = Code("closed")
        public static let diskFull = Code("disk_full")
        public static let readOnly = Code("read_only")
        /// The file or server can't be opened: wrong address, no permission.
        public static let cannotOpen = Code("cannot_open")
        /// The file is damaged or no database.
        public static let corrupt = Code("corrupt")
        /// Too many callers wait already.
        public static let overloaded = Code("overloaded")
        /// A use that can't work, such as a transaction inside a transaction of the same database.
        public static let misuse = Code("misuse")
        /// The recorded migrations and those of the program differ.
        public static let migrationDrift = Code("migration_drift")
        public static let other = Code("other")
    }

    private struct Fields: Sendable {
        var code: Code
        var message: String
        var constraint: String?
        var table: String?
        var columns: [String]
        var statement: String?
        var mayHaveRun: Bool
        var engineCode: String?
    }

    /// Small, since it is what everything here may throw.
    private var fields: OutOfLine<Fields>

    /// What kind of failure it is.
    public var code: Code {
        get { fields.value.code }
        set { fields.value.code = newValue }
    }
    /// A sentence for a person.
    public var message: String {
        get { fields.value.message }
        set { fields.value.message = newValue }
    }
    /// The violated constraint: its name on PostgreSQL, `table.column, …` on SQLite, which doesn't tell names.
    public var constraint: String? {
        get { fields.value.constraint }
        set { fields.value.constraint = newValue }
    }
    /// The table of the violated constraint, if the database tells.
    public var table: String? {
        get { fields.value.table }
        set { fields.value.table = newValue }
    }
    /// The columns of the violated constraint, as far as the database tells.
    public var columns: [String] {
        get { fields.value.columns }
        set { fields.value.columns = newValue }
    }
    /// The statement's text, without values.
    public var statement: String? {
        get { fields.value.statement }
        set { fields.value.statement = newValue }
    }
    /// Whether the statement may have had its effect: false means that it may be sent again.
    public var mayHaveRun: Bool {
        get { fields.value.mayHaveRun }
        set { fields.value.mayHaveRun = newValue }
    }
    /// The engine's own code: SQLite's extended result code, PostgreSQL's SQLSTATE.
    public var engineCode: String? {
        get { fields.value.engineCode }
        set { fields.value.engineCode = newValue }
    }

    public init(
        _ code: Code, _ message: String, constraint: String? = nil, table: String? = nil, columns: [String] = [],
        statement: String? = nil, mayHaveRun: Bool = false, engineCode: String? = nil
    ) {
        fields = OutOfLine(
            Fields(
                code: code, message: message, constraint: constraint, table: table, columns: columns,
                statement: statement, mayHaveRun: mayHaveRun, engineCode: engineCode))
    }

    /// Whether the database itself rolled the transaction back since it collided with another.
    var isRolledBack: Bool {
        [.busy, .serializationFailure, .deadlock].contains(code)
    }
}

extension DatabaseError: CodedError {
    public var codeName: String { code.name }
}

extension DatabaseError: CustomStringConvertible {
    public var description: String {
        "\(code): \(message)" + (statement.map { " in \($0)" } ?? "")
    }
}
