// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL
    internal import CPostgres
    internal import Foundation

    /// Writes a statement's values in the form that its parameters have, in one buffer that is used again.
    ///
    /// The server tells the type of each parameter when it prepares the statement, so a value is fitted to its column here:
    /// a number out of its range is an error before anything is sent, and a date for a BIGINT column is written as
    /// microseconds since 1970, as on SQLite.
    struct ParameterEncoder {
        private var bytes: [UInt8] = []
        /// Where each value begins; -1 for NULL.
        private var starts: [Int] = []
        private var lengths: [Int32] = []
        private var formats: [Int32] = []

        /// The size of what was encoded.
        var size: Int { bytes.count }

        /// Encodes the values of a statement.
        ///
        /// - Throws: `syntax` for another number of values than the statement has parameters, `invalidValue` for one that
        ///   doesn't fit.
        mutating func encode(
            _ values: [SQLValue], for prepared: PreparedStatement
        ) throws(DatabaseError) {
            do throws(DatabaseError) {
                try encode(values, as: prepared.parameters)
            } catch {
                var named = error
                named.statement = prepared.text
                throw named
            }
        }

        mutating func encode(_ values: [SQLValue], as types: [Oid]) throws(DatabaseError) {
            bytes.removeAll(keepingCapacity: bytes.capacity < 1 << 20)
            starts.removeAll(keepingCapacity: true)
            lengths.removeAll(keepingCapacity: true)
            formats.removeAll(keepingCapacity: true)
            guard values.count == types.count else {
                throw DatabaseError(.syntax, "the statement has \(types.count) parameters, \(values.count) were given")
            }
            for index in values.indices {
                do throws(DatabaseError) {
                    try append(values[index], as: types[index])
                } catch {
                    var named = error
                    named.message = "parameter \(index + 1): \(error.message)"
                    throw named
                }
            }
        }

        /// Calls `body` with the arrays that libpq wants.
        func withArrays<Value>(
            _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
        ) -> Value {
            bytes.withUnsafeBytes { buffer in
                let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                return withUnsafeTemporaryAllocation(
                    of: UnsafePointer<CChar>?.self, capacity: starts.count
                ) { pointers in
                    for (index, start) in starts.enumerated() {
                        pointers.initializeElement(at: index, to: start < 0 ? nil : base.map { $0 + start })
                    }
                    return lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(UnsafePointer(pointers.baseAddress), lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }

        private mutating func append(_ value: SQLValue, as type: Oid) throws(DatabaseError) {
            if case .null = value {
                starts.append(-1)
                lengths.append(0)
                formats.append(1)
                return
            }
            let start = bytes.count
            let isBinary = try write(value, as: type)
            starts.append(start)
            guard let length = Int32(exactly: bytes.count - start), length < 1 << 30 else {
                throw DatabaseError(
                    .invalidValue, "a value of \(bytes.count - start) bytes; at most 1 GiB", engineCode: "54000")
            }
            lengths.append(length)
            formats.append(isBinary ? 1 : 0)
            // Ends values in text form; also gives an empty value an address.
            bytes.append(0)
        }

        /// Returns whether the value was written in binary form.
        private mutating func write(_ value: SQLValue, as type: Oid) throws(DatabaseError) -> Bool {
            switch type {
            case PostgresType.int8: write(try Self.integer(value, Int64.self))
            case PostgresType.int4: write(try Self.integer(value, Int32.self))
            case PostgresType.int2: write(try Self.integer(value, Int16.self))
            case PostgresType.oid: write(try Self.integer(value, UInt32.self))
            case PostgresType.bool: bytes.append(try Self.bool(value) ? 1 : 0)
            case PostgresType.float8: write(try Self.double(value).bitPattern)
            case PostgresType.float4:
                let double = try Self.double(value)
                let float = Float(double)
                guard float.isFinite || !double.isFinite else { throw Self.outOfRange(value) }
                write(float.bitPattern)
            case PostgresType.text, PostgresType.varchar, PostgresType.bpchar, PostgresType.name, PostgresType.unknown:
                try write(text: value)
            case PostgresType.bytea:
                switch value {
                case .blob(let blob): bytes.append(contentsOf: blob)
                case .text(let text): bytes.append(contentsOf: text.utf8)
                default: throw Self.misfit(value, "bytes")
                }
            case PostgresType.timestamptz, PostgresType.timestamp:
                switch value {
                case .date(let date): try write(timestamp: date.microsecondsSince1970)
                case .integer(let microseconds): try write(timestamp: microseconds)
                default: return try write(textual: value)
                }
            case PostgresType.date:
                guard case .date(let date) = value else { return try write(textual: value) }
                let epoch = Double(PostgresType.epochMicroseconds) / 1e6
                let days = ((date.timeIntervalSince1970 - epoch) / 86_400).rounded(.down)
                guard let days = Int32(exactly: days) else { throw Self.outOfRange(value) }
                write(days)
            default:
                return try write(textual: value)
            }
            return true
        }

        private mutating func write(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }

        private mutating func write(timestamp microseconds: Int64) throws(DatabaseError) {
            let (value, overflow) = microseconds.subtractingReportingOverflow(PostgresType.epochMicroseconds)
            guard !overflow else { throw Self.outOfRange(.integer(microseconds)) }
            write(value)
        }

        private mutating func write(text value: SQLValue) throws(DatabaseError) {
            guard case .text(let text) = value else {
                _ = try write(textual: value)
                return
            }
            try write(text)
        }

        private mutating func write(_ text: String) throws(DatabaseError) {
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            let hasNUL = bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return false }
                return memchr(base + start, 0, bytes.count - start) != nil
            }
            guard !hasNUL else {
                throw DatabaseError(.invalidValue, "text with NUL, which PostgreSQL can't store", engineCode: "22021")
            }
        }

        /// The form that the type's own input function reads. A blob is passed as binary.
        private mutating func write(textual value: SQLValue) throws(DatabaseError) -> Bool {
            switch value {
            case .text(let text): try write(text)
            case .integer(let number): bytes.append(contentsOf: String(number).utf8)
            case .double(let number): bytes.append(contentsOf: "\(number)".utf8)
            case .bool(let bool): bytes.append(contentsOf: (bool ? "true" : "false").utf8)
            case .date(let date):
                bytes.append(
                    contentsOf: date.ISO8601Format(
                        .iso8601(
                            timeZone: .gmt, includingFractionalSeconds: true, dateSeparator: .dash,
                            dateTimeSeparator: .standard, timeSeparator: .colon)
                    ).utf8)
            case .blob(let blob):
                bytes.append(contentsOf: blob)
                return true
            case .null: break
            }
            return false
        }
    }

    extension ParameterEncoder {
        private static func integer<Number: FixedWidthInteger>(
            _ value: SQLValue, _ type: Number.Type
        ) throws(DatabaseError) -> Number {
            let whole: Number? =
                switch value {
                case .integer(let number): Number(exactly: number)
                case .bool(let bool): bool ? 1 : 0
                case .double(let number): Number(exactly: number)
                case .date(let date): Number(exactly: date.microsecondsSince1970)
                case .text(let text): Number(text)
                default: throw misfit(value, "an integer")
                }
            guard let whole else { throw outOfRange(value) }
            return whole
        }

        private static func bool(_ value: SQLValue) throws(DatabaseError) -> Bool {
            switch value {
            case .bool(let bool): return bool
            case .integer(0): return false
            case .integer(1): return true
            default: throw misfit(value, "a boolean")
            }
        }

        private static func double(_ value: SQLValue) throws(DatabaseError) -> Double {
            switch value {
            case .double(let number): return number
            case .integer(let number): return Double(number)
            default: throw misfit(value, "a number")
            }
        }

        private static func misfit(_ value: SQLValue, _ expected: String) -> DatabaseError {
            DatabaseError(.invalidValue, "\(value.kind) given where \(expected) is expected", engineCode: "22P02")
        }

        private static func outOfRange(_ value: SQLValue) -> DatabaseError {
            DatabaseError(.invalidValue, "\(value.kind) out of the range of its column", engineCode: "22003")
        }
    }
#endif
