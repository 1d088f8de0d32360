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
    private let wantsRows: Bool

    init(query statement: RenderedStatement) {
        statements = [statement]
        wantsRows = true
    }

    init(execute statement: RenderedStatement) {
        statements = [statement]
        wantsRows = false
    }

    init(batch statements: [RenderedStatement]) {
        self.statements = statements
        wantsRows = false
    }

    /// A single statement is atomic in itself.
    var isSingle: Bool { statements.count == 1 }

    /// Runs the statements, one after the other.
    func run(on connection: GRDB.Database) throws(ApusSQL.DatabaseError) -> Outcome {
        var outcome = Outcome()
        for statement in statements {
            if wantsRows {
                outcome.rows = try statement.rows(on: connection)
            } else {
                outcome.changes.append(try statement.changes(on: connection))
            }
        }
        return outcome
    }
}
