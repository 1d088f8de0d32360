// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A value on its way into a statement or out of a row.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
    case bool(Bool)
    /// A point in time with microseconds. SQLite has no such type: there it is stored as an integer, microseconds since
    /// 1970-01-01T00:00:00Z, and read back with `Date.self`.
    case date(Date)

    /// The name that error messages use.
    public var kind: String {
        switch self {
        case .null: "null"
        case .integer: "integer"
        case .double: "double"
        case .text: "text"
        case .blob: "blob"
        case .bool: "bool"
        case .date: "date"
        }
    }
}

extension Date {
    /// Microseconds since 1970-01-01T00:00:00Z, saturating: how a backend without a date type stores a date.
    public var microsecondsSince1970: Int64 {
        let exact = (timeIntervalSince1970 * 1_000_000).rounded()
        return Int64(exactly: exact) ?? (exact < 0 ? .min : .max)
    }

    /// The date that lies `microsecondsSince1970` after 1970-01-01T00:00:00Z.
    @inlinable
    public init(microsecondsSince1970: Int64) {
        self.init(timeIntervalSince1970: Double(microsecondsSince1970) / 1_000_000)
    }
}
