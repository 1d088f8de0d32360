// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    extension PostgresConnection {
        /// Sends a statement whose rows are read piece by piece with ``nextPiece(of:size:until:)``.
        func beginStream(
            _ sql: SQL, until deadline: Instant
        ) async throws(DatabaseError) -> PreparedStatement {
            try await interruptible {
                do throws(DatabaseError) {
                    let prepared = try await self.prepared(sql.template, until: deadline)
                    try self.send(sql.values, to: prepared)
                    _ = PQsetSingleRowMode(self.raw)
                    return .success(prepared)
                } catch {
                    if error.isStalePlan { self.statements.forget(sql.template) }
                    return .failure(error)
                }
            }
        }

        /// The next rows, at most `size`; fewer, or none, are the last.
        func nextPiece(
            of prepared: PreparedStatement, size: Int, until deadline: Instant
        ) async throws(DatabaseError) -> [Row] {
            try await interruptible {
                do throws(DatabaseError) {
                    return .success(try await self.piece(of: prepared, size: size, until: deadline))
                } catch {
                    if error.isStalePlan { self.statements.forget(prepared.template) }
                    return .failure(error)
                }
            }
        }

        private func piece(
            of prepared: PreparedStatement, size: Int, until deadline: Instant
        ) async throws(DatabaseError) -> [Row] {
            var rows: [Row] = []
            rows.reserveCapacity(min(size, 1024))
            var failure: DatabaseError?
            while rows.count < size {
                guard let result = try await nextResult(of: prepared.text, until: deadline) else {
                    if !isLost { isBusy = false }
                    break
                }
                defer { PQclear(result) }
                if let error = error(in: result, statement: prepared.text) {
                    if failure == nil { failure = error }
                    if isLost { break }
                } else if failure == nil {
                    rows += try self.rows(of: result, prepared)
                }
            }
            if let failure { throw failure }
            return rows
        }
    }
#endif
