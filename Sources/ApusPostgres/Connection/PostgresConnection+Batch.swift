// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    extension PostgresConnection {
        /// Runs several statements in one pipeline, which is one transaction: all or none, in one round trip once they are
        /// prepared.
        func batch(_ batch: [SQL], until deadline: Instant) async throws(DatabaseError) -> [Int] {
            try await interruptible {
                do throws(DatabaseError) {
                    return .success(try await self.pipeline(batch, until: deadline))
                } catch {
                    if error.isStalePlan {
                        for sql in batch where sql.text(for: .postgres) == error.statement {
                            self.statements.forget(sql.template)
                        }
                    }
                    return .failure(error)
                }
            }
        }

        private func pipeline(
            _ batch: [SQL], until deadline: Instant
        ) async throws(DatabaseError) -> [Int] {
            var templates: Set<SQL.Template> = []
            var missing: [SQL.Template] = []
            for sql in batch where templates.insert(sql.template).inserted {
                if statements.find(sql.template) == nil { missing.append(sql.template) }
            }
            if !missing.isEmpty { try await prepare(missing, besides: templates, until: deadline) }
            let batch = try queue(batch)
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
        private func queue(_ batch: [SQL]) throws(DatabaseError) -> [PreparedStatement] {
            var encoded: [(encoder: ParameterEncoder, prepared: PreparedStatement)] = []
            encoded.reserveCapacity(batch.count)
            for sql in batch {
                let prepared = try known(sql.template)
                var encoder = ParameterEncoder()
                try encoder.encode(sql.values, for: prepared)
                encoded.append((encoder, prepared))
            }
            guard PQenterPipelineMode(raw) == 1 else {
                isLost = true
                throw .connectionLost(
                    String(cString: PQerrorMessage(raw)), statement: encoded[0].prepared.text, mayHaveRun: false)
            }
            do throws(DatabaseError) {
                for (encoder, prepared) in encoded { try send(encoder, to: prepared) }
            } catch {
                // Without the end of the pipeline nothing is committed, so the connection is given up.
                isLost = true
                throw error
            }
            guard PQpipelineSync(raw) == 1 else {
                isLost = true
                throw .connectionLost(
                    String(cString: PQerrorMessage(raw)), statement: encoded[0].prepared.text, mayHaveRun: true)
            }
            return encoded.map(\.prepared)
        }
    }
#endif
