// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    extension PostgresConnection {
        /// What is prepared for a statement; prepares it if need be, which is a round trip.
        func prepared(
            _ template: SQL.Template, until deadline: Instant
        ) async throws(DatabaseError) -> PreparedStatement {
            if let known = statements.find(template) { return known }
            try await prepare([template], besides: [], until: deadline)
            return try known(template)
        }

        /// What was prepared for a statement.
        func known(_ template: SQL.Template) throws(DatabaseError) -> PreparedStatement {
            guard let known = statements.find(template) else {
                throw DatabaseError(
                    .other, "the statement wasn't prepared", statement: template.text(for: .postgres))
            }
            return known
        }

        /// Prepares several statements, and learns their parameters and columns, in one round trip. None of them runs.
        ///
        /// - Parameter needed: what is to stay prepared besides.
        func prepare(
            _ templates: [SQL.Template], besides needed: Set<SQL.Template>, until deadline: Instant
        ) async throws(DatabaseError) {
            statements.trim(keeping: needed)
            let retired = statements.retired
            let wanted = templates.map { (template: $0, text: $0.text(for: .postgres), name: statements.newName()) }
            for (_, text, _) in wanted where text.utf8.contains(0) {
                throw DatabaseError(.syntax, "NUL in the statement", statement: text)
            }
            guard PQenterPipelineMode(raw) == 1 else {
                isLost = true
                throw .connectionLost(
                    String(cString: PQerrorMessage(raw)), statement: wanted[0].text, mayHaveRun: false)
            }
            do throws(DatabaseError) {
                for name in retired {
                    let status = PQsendQueryParams(raw, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1)
                    try sent(status, statement: Self.deallocation)
                }
                for (_, text, name) in wanted {
                    try sent(PQsendPrepare(raw, name, text, 0, nil), statement: text)
                    try sent(PQsendDescribePrepared(raw, name), statement: text)
                }
                guard PQpipelineSync(raw) == 1 else {
                    isLost = true
                    throw .connectionLost(
                        String(cString: PQerrorMessage(raw)), statement: wanted[0].text, mayHaveRun: false)
                }
                try await learn(wanted, retired: retired, until: deadline)
            } catch {
                // What was cut off has left names at the server that nobody knows; one that the server doesn't know says
                // that somebody else has forgotten them for us. Neither connection is worth keeping.
                if isBusy || error.statement == Self.deallocation && error.isStalePlan { isWorn = true }
                // The statements themselves were not sent.
                var unsent = error
                unsent.mayHaveRun = false
                if unsent.statement == Self.deallocation { unsent.statement = wanted[0].text }
                throw unsent
            }
        }

        private static let deallocation = "DEALLOCATE"

        /// Reads the answers, and notes each as it comes: what the server has forgotten and what it has prepared stays so
        /// when a later one fails.
        private func learn(
            _ wanted: [(template: SQL.Template, text: String, name: String)], retired: [String],
            until deadline: Instant
        ) async throws(DatabaseError) {
            var failure: DatabaseError?
            for name in retired {
                try await pipelined(of: Self.deallocation, until: deadline, failure: &failure) { _ in
                    statements.confirmRetired(name)
                }
            }
            for (template, text, name) in wanted {
                var isPrepared = false
                var isKept = false
                try await pipelined(of: text, until: deadline, failure: &failure) { _ in isPrepared = true }
                try await pipelined(of: text, until: deadline, failure: &failure) { result throws(DatabaseError) in
                    let statement = PreparedStatement(template: template, text: text, name: name, describedBy: result)
                    try statement.checkColumns()
                    statements.insert(statement)
                    isKept = true
                }
                if isPrepared, !isKept { statements.retire(name) }
            }
            try await endPipeline(of: wanted[0].text, until: deadline)
            if let failure { throw failure }
        }

        /// Reads what one message of a pipeline gave: a result and the end mark. The first failure is kept; the server skips
        /// the rest.
        func pipelined(
            of statement: String, until deadline: Instant, failure: inout DatabaseError?,
            _ read: (OpaquePointer) throws(DatabaseError) -> Void
        ) async throws(DatabaseError) {
            while let result = try await nextResult(of: statement, until: deadline) {
                defer { PQclear(result) }
                if let error = error(in: result, statement: statement) {
                    if failure == nil { failure = error }
                    if isLost { throw failure ?? error }
                } else if failure == nil {
                    do throws(DatabaseError) { try read(result) } catch { failure = error }
                }
            }
        }

        /// Reads the end of a pipeline and leaves it.
        func endPipeline(of statement: String, until deadline: Instant) async throws(DatabaseError) {
            guard let result = try await nextResult(of: statement, until: deadline) else {
                isLost = true
                throw .connectionLost("the server's answers are out of step", statement: statement, mayHaveRun: true)
            }
            let status = PQresultStatus(result)
            let failure = error(in: result, statement: statement)
            PQclear(result)
            guard status == PGRES_PIPELINE_SYNC, PQexitPipelineMode(raw) == 1 else {
                isLost = true
                throw failure
                    ?? .connectionLost("the server's answers are out of step", statement: statement, mayHaveRun: true)
            }
            isBusy = false
        }
    }

    extension PreparedStatement {
        convenience init(template: SQL.Template, text: String, name: String, describedBy result: OpaquePointer) {
            let width = PQnfields(result)
            self.init(
                template: template, text: text, name: name,
                parameters: (0..<PQnparams(result)).map { PQparamtype(result, $0) },
                columns: Row.Columns((0..<width).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }),
                types: (0..<width).map { PQftype(result, $0) })
        }
    }
#endif
