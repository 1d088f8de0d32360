// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

extension ApusSQL.DatabaseError {
    /// What GRDB threw, in our terms.
    init(translating error: any Error, statement: String?) {
        if let own = error as? ApusSQL.DatabaseError {
            self = own
            self.statement = own.statement ?? statement
            return
        }
        if error is CancellationError {
            self.init(.cancelled, "the task was cancelled", statement: statement)
            return
        }
        guard let error = error as? GRDB.DatabaseError else {
            self.init(.other, "\(error)", statement: statement)
            return
        }
        let message = error.message ?? "result code \(error.extendedResultCode.rawValue)"
        self.init(
            Self.code(of: error, message), message, statement: statement,
            engineCode: String(error.extendedResultCode.rawValue))
        readConstraint(from: message)
    }

    private static func code(of error: GRDB.DatabaseError, _ message: String) -> Code {
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID: return .uniqueViolation
        case .SQLITE_CONSTRAINT_FOREIGNKEY: return .foreignKeyViolation
        case .SQLITE_CONSTRAINT_CHECK: return .checkViolation
        case .SQLITE_CONSTRAINT_NOTNULL: return .notNullViolation
        case .SQLITE_BUSY_SNAPSHOT: return .serializationFailure
        default: break
        }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .busy
        case .SQLITE_INTERRUPT, .SQLITE_ABORT: return .cancelled
        case .SQLITE_FULL: return .diskFull
        case .SQLITE_READONLY: return .readOnly
        case .SQLITE_CANTOPEN, .SQLITE_PERM: return .cannotOpen
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt
        case .SQLITE_MISUSE: return message.contains("closed") ? .closed : .syntax
        case .SQLITE_MISMATCH, .SQLITE_TOOBIG: return .invalidValue
        case .SQLITE_ERROR, .SQLITE_RANGE: return .syntax
        default: return .other
        }
    }

    /// SQLite tells a violated constraint only in its message: `UNIQUE constraint failed: users.email, users.tenant`.
    private mutating func readConstraint(from message: String) {
        guard let start = message.firstRange(of: " constraint failed: ")?.upperBound else { return }
        let list = message[start...]
        constraint = String(list)
        guard code == .uniqueViolation || code == .notNullViolation else { return }
        for name in list.split(separator: ", ") {
            let parts = name.split(separator: ".", maxSplits: 1)
            guard parts.count == 2 else { return }
            table = String(parts[0])
            columns.append(String(parts[1]))
        }
    }
}
