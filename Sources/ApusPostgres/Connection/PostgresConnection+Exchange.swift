// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    /// What all statements share: sending, waiting, reading results.
    extension PostgresConnection {
        /// Runs `work`, whose waits end when the task is cancelled.
        func interruptible<Value>(
            _ work: () async -> Result<Value, DatabaseError>
        ) async throws(DatabaseError) -> Value {
            slot.begin()
            let slot = slot
            return try await withTaskCancellationHandler {
                await work()
            } onCancel: {
                slot.cancel()
            }.get()
        }

        /// Runs one statement without parameters and without rows that matter. Isn't ended by cancellation.
        ///
        /// - Returns: the command's tag, such as `COMMIT` or `ROLLBACK`.
        @discardableResult
        func command(_ text: String, until deadline: Instant) async throws(DatabaseError) -> String {
            slot.begin()
            try sent(PQsendQuery(raw, text), statement: text)
            let result = try await onlyResult(of: text, until: deadline)
            defer { PQclear(result) }
            return PQcmdStatus(result).map { String(cString: $0) } ?? ""
        }

        /// Checks whether libpq took a statement.
        func sent(_ status: Int32, statement: String) throws(DatabaseError) {
            guard status == 1 else {
                if PQstatus(raw) == CONNECTION_OK, PQtransactionStatus(raw) != PQTRANS_ACTIVE, !isBusy {
                    throw DatabaseError(
                        .syntax, String(cString: PQerrorMessage(raw)).trimmingNewlines(), statement: statement)
                }
                isLost = true
                throw .connectionLost(String(cString: PQerrorMessage(raw)), statement: statement, mayHaveRun: false)
            }
            isBusy = true
        }

        /// Waits for the one result of a statement and for its end.
        ///
        /// - Returns: a successful result, for the caller to clear.
        func onlyResult(of statement: String, until deadline: Instant) async throws(DatabaseError) -> OpaquePointer {
            var success: OpaquePointer?
            var failure: DatabaseError?
            do throws(DatabaseError) {
                while let result = try await nextResult(of: statement, until: deadline) {
                    if let error = error(in: result, statement: statement) {
                        PQclear(result)
                        failure = failure ?? error
                        if isLost { break }
                    } else {
                        PQclear(success)
                        success = result
                    }
                }
            } catch {
                PQclear(success)
                throw error
            }
            if !isLost { isBusy = false }
            if let failure {
                PQclear(success)
                throw failure
            }
            guard let success else {
                isLost = true
                throw .connectionLost(String(cString: PQerrorMessage(raw)), statement: statement, mayHaveRun: true)
            }
            return success
        }

        /// Waits until there is a result, or nil for the end of a statement's results.
        ///
        /// - Throws: `timeout` or `cancelled`; the server is then asked to stop, and the connection is to be reset.
        func nextResult(of statement: String, until deadline: Instant) async throws(DatabaseError) -> OpaquePointer? {
            var isFlushed = PQflush(raw) == 0
            while PQisBusy(raw) == 1 {
                switch await slot.wait(wantsWrite: !isFlushed, until: deadline) {
                case .ready:
                    break
                case .deadline:
                    cancel()
                    throw DatabaseError(
                        .timeout, "the deadline passed while the statement ran", statement: statement, mayHaveRun: true)
                case .cancelled:
                    cancel()
                    throw DatabaseError(
                        .cancelled, "the task was cancelled while the statement ran", statement: statement,
                        mayHaveRun: true)
                }
                // A failure is found in the result that follows, which says more.
                guard PQconsumeInput(raw) == 1 else { break }
                if !isFlushed { isFlushed = PQflush(raw) == 0 }
            }
            return PQgetResult(raw)
        }

        /// The error that a result is, if it is one.
        func error(in result: OpaquePointer, statement: String) -> DatabaseError? {
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY, PGRES_PIPELINE_SYNC:
                return nil
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                isLost = true
                return DatabaseError(.misuse, "COPY can't be used as a statement", statement: statement)
            case PGRES_PIPELINE_ABORTED:
                return DatabaseError(.other, "a statement before it failed", statement: statement)
            default:
                let isBad = PQstatus(raw) != CONNECTION_OK
                let error = DatabaseError(result, isLost: isBad, statement: statement)
                if isBad || error.code == .connectionLost { isLost = true }
                return error
            }
        }
    }
#endif
