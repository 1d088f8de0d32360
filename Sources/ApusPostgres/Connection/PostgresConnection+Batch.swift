// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    extension PostgresConnection {
        /// Runs several statements in one pipeline, which is one transaction: all or none, in one round trip once they are
        /// prepared.
        func batch(_ batch: [RenderedStatement], until deadline: Instant) async throws(DatabaseError) -> [Int] {
            try await interruptible {
                do throws(DatabaseError) {
                    return .success(try await self.pipeline(batch, until: deadline))
                } catch {
                    if error.isStalePlan, let text = error.statement { self.statements.forget(text) }
                    return .failure(error)
                }
            }
        }

        private func pipeline(
            _ batch: [RenderedStatement], until deadline: Instant
        ) async throws(DatabaseError) -> [Int] {
            var missing: [String] = []
            var seen: Set<String> = []
            for statement in batch where seen.insert(statement.text).inserted {
                if statements.find(statement.text) == nil { missing.append(statement.text) }
            }
            if !missing.isEmpty { try await prepare(missing, until: deadline) }
            try queue(batch)
            var failure: DatabaseError?
            var changes: [Int] = []
            changes.reserveCapacity(batch.count)
            for statement in batch {
                try await pipelined(of: statement.text, until: deadline, failure: &failure) { result in
                    changes.append(Self.changes(of: result))
                }
            }
            try await endPipeline(of: batch[batch.count - 1].text, until: deadline)
            if let failure { throw failure }
            return changes
        }

        /// Hands all statements to libpq, once all values are known to fit.
        private func queue(_ batch: [RenderedStatement]) throws(DatabaseError) {
            var encoded: [(encoder: ParameterEncoder, prepared: PreparedStatement)] = []
            encoded.reserveCapacity(batch.count)
            for statement in batch {
                guard let prepared = statements.find(statement.text) else {
                    throw DatabaseError(.other, "the statement wasn't prepared", statement: statement.text)
                }
                var encoder = ParameterEncoder()
                try encoder.encode(statement, for: prepared)
                encoded.append((encoder, prepared))
            }
            guard PQenterPipelineMode(raw) == 1 else {
                isLost = true
                throw .connectionLost(
                    String(cString: PQerrorMessage(raw)), statement: batch[0].text, mayHaveRun: false)
            }
            do throws(DatabaseError) {
                for (index, (encoder, prepared)) in encoded.enumerated() {
                    try send(encoder, prepared, batch[index].text)
                }
            } catch {
                // Without the end of the pipeline nothing is committed, so the connection is given up.
                isLost = true
                throw error
            }
            guard PQpipelineSync(raw) == 1 else {
                isLost = true
                throw .connectionLost(
                    String(cString: PQerrorMessage(raw)), statement: batch[0].text, mayHaveRun: true)
            }
        }
    }
#endif
