// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    extension PostgresConnection {
        /// Buffers larger than this are freed with their connection after use.
        static let wornSize = 16 << 20

        /// Runs one statement and gives its rows.
        func query(_ sql: SQL, until deadline: Instant) async throws(DatabaseError) -> [Row] {
            try await interruptible {
                await self.run(sql, until: deadline) { (result, prepared) throws(DatabaseError) in
                    try self.rows(of: result, prepared)
                }
            }
        }

        /// Runs one statement and gives the number of rows that it changed.
        func execute(_ sql: SQL, until deadline: Instant) async throws(DatabaseError) -> Int {
            try await interruptible {
                await self.run(sql, until: deadline) { (result, _) throws(DatabaseError) in
                    Self.changes(of: result)
                }
            }
        }

        private func run<Value>(
            _ sql: SQL, until deadline: Instant,
            _ read: (OpaquePointer, PreparedStatement) throws(DatabaseError) -> Value
        ) async -> Result<Value, DatabaseError> {
            do throws(DatabaseError) {
                let prepared = try await prepared(sql.template, until: deadline)
                try send(sql.values, to: prepared)
                let result = try await onlyResult(of: prepared.text, until: deadline)
                defer { PQclear(result) }
                return .success(try read(result, prepared))
            } catch {
                if error.isStalePlan { statements.forget(sql.template) }
                return .failure(error)
            }
        }

        /// Sends a statement that is prepared.
        func send(_ values: [SQLValue], to prepared: PreparedStatement) throws(DatabaseError) {
            try encoder.encode(values, for: prepared)
            try send(encoder, to: prepared)
        }

        /// Sends a statement whose values are encoded.
        func send(_ encoder: borrowing ParameterEncoder, to prepared: PreparedStatement) throws(DatabaseError) {
            if encoder.size > Self.wornSize { isWorn = true }
            let status = encoder.withArrays { pointers, lengths, formats in
                PQsendQueryPrepared(
                    raw, prepared.cName, Int32(prepared.parameters.count), pointers, lengths, formats, 1)
            }
            try sent(status, statement: prepared.text)
        }

        /// The rows of a result.
        func rows(of result: OpaquePointer, _ prepared: PreparedStatement) throws(DatabaseError) -> [Row] {
            let count = PQntuples(result)
            let width = Int32(prepared.types.count)
            guard count > 0 else { return [] }
            guard PQnfields(result) == width else {
                throw DatabaseError(
                    .decoding, "the result has other columns than were announced", statement: prepared.text)
            }
            var rows: [Row] = []
            rows.reserveCapacity(Int(count))
            var size = 0
            for line in 0..<count {
                var values: [SQLValue] = []
                values.reserveCapacity(Int(width))
                for column in 0..<width {
                    let length = Int(PQgetlength(result, line, column))
                    size += length
                    values.append(try value(of: result, line, column, length, prepared))
                }
                rows.append(Row(columns: prepared.columns, values: values))
            }
            if size > Self.wornSize { isWorn = true }
            return rows
        }

        private func value(
            of result: OpaquePointer, _ line: Int32, _ column: Int32, _ length: Int, _ prepared: PreparedStatement
        ) throws(DatabaseError) -> SQLValue {
            if length == 0, PQgetisnull(result, line, column) == 1 { return .null }
            guard let start = PQgetvalue(result, line, column) else { return .null }
            let bytes = UnsafeBufferPointer(
                start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: length)
            let type = prepared.types[Int(column)]
            guard PQftype(result, column) == type, let value = ValueDecoder.decode(bytes, type: type) else {
                throw DatabaseError(
                    .decoding, "column \"\(prepared.columns.names[Int(column)])\" can't be read as type \(type)",
                    statement: prepared.text)
            }
            return value
        }

        /// How many rows a command changed; a SELECT changes none.
        static func changes(of result: OpaquePointer) -> Int {
            guard let tag = PQcmdStatus(result), let count = PQcmdTuples(result) else { return 0 }
            // Of the tags with a number, only these don't tell of changed rows: SELECT and FETCH.
            if tag[0] == 0x53 || tag[0] == 0x46 { return 0 }
            return Int(String(cString: count)) ?? 0
        }
    }

    extension DatabaseError {
        /// Whether the statement was refused since what was prepared doesn't fit the schema any more, or is gone. It hasn't
        /// run.
        var isStalePlan: Bool {
            engineCode == "26000" || engineCode == "0A000" && message.contains("cached plan")
        }
    }
#endif
