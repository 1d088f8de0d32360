// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import GRDB

/// Statements of one caller that are decided beforehand: all happen or none, with others in one commit.
struct WriteUnit: Sendable {
    /// What they gave.
    struct Outcome: Sendable {
        var rows: [ApusSQL.Row] = []
        var changes: [Int] = []
    }

    let statements: [RenderedStatement]
    let caller: Caller
    private let wantsRows: Bool

    init(query statement: RenderedStatement, for caller: Caller) {
        statements = [statement]
        self.caller = caller
        wantsRows = true
    }

    init(execute statement: RenderedStatement, for caller: Caller) {
        self.init(batch: [statement], for: caller)
    }

    init(batch statements: [RenderedStatement], for caller: Caller) {
        self.statements = statements
        self.caller = caller
        wantsRows = false
    }

    /// A single statement is atomic in itself.
    var isSingle: Bool { statements.count == 1 }

    /// Runs the statements, one after the other.
    ///
    /// - Throws: `timeout`, `cancelled` as soon as the caller doesn't want it any more.
    func run(on connection: GRDB.Database) throws(ApusSQL.DatabaseError) -> Outcome {
        var outcome = Outcome()
        for statement in statements {
            if let refusal = caller.refusal("before the statement began") { throw refusal }
            if wantsRows {
                outcome.rows = try statement.rows(on: connection, for: caller)
            } else {
                outcome.changes.append(try statement.changes(on: connection, for: caller))
            }
        }
        return outcome
    }
}
