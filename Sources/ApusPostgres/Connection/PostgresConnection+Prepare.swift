// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    extension PostgresConnection {
        /// What is prepared for a statement; prepares it if need be, which is a round trip.
        func prepared(_ sql: SQL, until deadline: Instant) async throws(DatabaseError) -> PreparedStatement {
            if let known = statements.find(sql) { return known }
            try await prepare([sql.text(for: .postgres)], until: deadline)
            return try known(sql)
        }

        /// What was prepared for a statement.
        func known(_ sql: SQL) throws(DatabaseError) -> PreparedStatement {
            guard let known = statements.find(sql) else {
                throw DatabaseError(
                    .other, "the statement wasn't prepared", statement: sql.text(for: .postgres))
            }
            return known
        }

        /// Prepares several statements, and learns their parameters and columns, in one round trip. None of them runs.
        func prepare(_ texts: [String], until deadline: Instant) async throws(DatabaseError) {
            statements.trim()
            let retired = statements.retired
            let names = texts.map { _ in statements.newName() }
            guard PQenterPipelineMode(raw) == 1 else {
                isLost = true
                throw .connectionLost(String(cString: PQerrorMessage(raw)), statement: texts.first, mayHaveRun: false)
            }
            do throws(DatabaseError) {
                for name in retired {
                    let status = PQsendQueryParams(raw, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1)
                    try sent(status, statement: "DEALLOCATE")
                }
                for (text, name) in zip(texts, names) {
                    try sent(PQsendPrepare(raw, name, text, 0, nil), statement: text)
                    try sent(PQsendDescribePrepared(raw, name), statement: text)
                }
                guard PQpipelineSync(raw) == 1 else {
                    isLost = true
                    throw .connectionLost(String(cString: PQerrorMessage(raw)), statement: texts[0], mayHaveRun: false)
                }
                let described = try await described(texts, names, retired: retired, until: deadline)
                statements.confirmRetired(retired)
                for statement in described { statements.insert(statement) }
                for statement in described { try statement.checkColumns() }
            } catch {
                // The statements themselves were not sent.
                var unsent = error
                unsent.mayHaveRun = false
                if unsent.statement == "DEALLOCATE" { unsent.statement = texts.first }
                throw unsent
            }
        }

        private func described(
            _ texts: [String], _ names: [String], retired: [String], until deadline: Instant
        ) async throws(DatabaseError) -> [PreparedStatement] {
            var failure: DatabaseError?
            var described: [PreparedStatement] = []
            for _ in retired {
                try await pipelined(of: "DEALLOCATE", until: deadline, failure: &failure) { _ in }
            }
            for (text, name) in zip(texts, names) {
                try await pipelined(of: text, until: deadline, failure: &failure) { _ in }
                try await pipelined(of: text, until: deadline, failure: &failure) { result in
                    described.append(PreparedStatement(text: text, name: name, describedBy: result))
                }
            }
            try await endPipeline(of: texts[0], until: deadline)
            if let failure { throw failure }
            return described
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
        convenience init(text: String, name: String, describedBy result: OpaquePointer) {
            let width = PQnfields(result)
            self.init(
                text: text, name: name,
                parameters: (0..<PQnparams(result)).map { PQparamtype(result, $0) },
                columns: Row.Columns((0..<width).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }),
                types: (0..<width).map { PQftype(result, $0) })
        }
    }
#endif
