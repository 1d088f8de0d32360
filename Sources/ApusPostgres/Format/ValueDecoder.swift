// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL
    internal import CPostgres
    internal import Foundation

    /// Reads values in binary form. What can't be read exactly as a number stays text.
    enum ValueDecoder {
        static func decode(_ bytes: UnsafeBufferPointer<UInt8>, type: Oid) -> SQLValue? {
            switch type {
            case PostgresType.int8: integer(bytes, Int64.self)
            case PostgresType.int4: integer(bytes, Int32.self)
            case PostgresType.int2: integer(bytes, Int16.self)
            case PostgresType.oid: integer(bytes, UInt32.self)
            case PostgresType.bool: bytes.count == 1 ? .bool(bytes[0] != 0) : nil
            case PostgresType.float8:
                number(bytes, UInt64.self).map { .double(Double(bitPattern: $0)) }
            case PostgresType.float4:
                number(bytes, UInt32.self).map { .double(Double(Float(bitPattern: $0))) }
            case PostgresType.bytea: .blob(Array(bytes))
            case PostgresType.timestamptz, PostgresType.timestamp: timestamp(bytes)
            case PostgresType.date: date(bytes)
            case PostgresType.numeric: NumericText.decode(bytes)
            case PostgresType.uuid: uuid(bytes)
            case PostgresType.jsonb: .text(String(decoding: bytes.dropFirst(), as: UTF8.self))
            case PostgresType.void: .null
            default: text(bytes, type)
            }
        }

        /// A big-endian number.
        static func number<Number: FixedWidthInteger>(
            _ bytes: UnsafeBufferPointer<UInt8>, _ type: Number.Type
        ) -> Number? {
            guard bytes.count == MemoryLayout<Number>.size, let base = bytes.baseAddress else { return nil }
            return Number(bigEndian: UnsafeRawPointer(base).loadUnaligned(as: Number.self))
        }

        private static func integer<Number: FixedWidthInteger>(
            _ bytes: UnsafeBufferPointer<UInt8>, _ type: Number.Type
        ) -> SQLValue? {
            number(bytes, type).map { .integer(Int64($0)) }
        }

        private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ type: Oid) -> SQLValue {
            guard type >= PostgresType.firstUserDefined else { return .text(String(decoding: bytes, as: UTF8.self)) }
            return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .blob(Array(bytes))
        }

        private static func timestamp(_ bytes: UnsafeBufferPointer<UInt8>) -> SQLValue? {
            guard let microseconds = number(bytes, Int64.self) else { return nil }
            switch microseconds {
            case .max: return .text("infinity")
            case .min: return .text("-infinity")
            default:
                return date(microsecondsSince2000: microseconds)
            }
        }

        /// Nil for what `Date.microsecondsSince1970` couldn't give back.
        private static func date(microsecondsSince2000 microseconds: Int64) -> SQLValue? {
            let (sum, overflow) = microseconds.addingReportingOverflow(PostgresType.epochMicroseconds)
            return overflow ? nil : .date(Date(microsecondsSince1970: sum))
        }

        private static func date(_ bytes: UnsafeBufferPointer<UInt8>) -> SQLValue? {
            guard let days = number(bytes, Int32.self) else { return nil }
            switch days {
            case .max: return .text("infinity")
            case .min: return .text("-infinity")
            default:
                let (since2000, overflow) = Int64(days).multipliedReportingOverflow(by: 86_400_000_000)
                return overflow ? nil : date(microsecondsSince2000: since2000)
            }
        }

        private static func uuid(_ bytes: UnsafeBufferPointer<UInt8>) -> SQLValue? {
            guard bytes.count == 16 else { return nil }
            var text = ""
            for (index, byte) in bytes.enumerated() {
                if [4, 6, 8, 10].contains(index) { text.append("-") }
                if byte < 16 { text.append("0") }
                text += String(byte, radix: 16)
            }
            return .text(text)
        }
    }
#endif
