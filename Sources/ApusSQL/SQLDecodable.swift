// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A type that can be read from a column.
///
/// A conversion never loses anything: a number out of range, a double for an integer or text for a number gives nil, and
/// Row turns that into an error that names the column.
public protocol SQLDecodable {
    /// The value, or nil if `sqlValue` is of another kind or out of range.
    init?(sqlValue: SQLValue)
}

extension SQLValue: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) { self = sqlValue }
}

extension Int64: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Int: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self.init(exactly: value)
    }
}

extension Int32: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self.init(exactly: value)
    }
}

extension UInt32: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self.init(exactly: value)
    }
}

extension Double: SQLDecodable {
    /// Also takes an integer that a double holds exactly.
    @inlinable
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .double(let value): self = value
        case .integer(let value): self.init(exactly: value)
        default: return nil
        }
    }
}

extension Bool: SQLDecodable {
    /// Also takes the integers 0 and 1, as SQLite stores booleans.
    @inlinable
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .bool(let value): self = value
        case .integer(0): self = false
        case .integer(1): self = true
        default: return nil
        }
    }
}

extension String: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        guard case .text(let value) = sqlValue else { return nil }
        self = value
    }
}

extension [UInt8]: SQLDecodable {
    /// Also takes text, as its UTF-8 bytes.
    @inlinable
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .blob(let value): self = value
        case .text(let value): self = Array(value.utf8)
        default: return nil
        }
    }
}

extension Date: SQLDecodable {
    /// Also takes an integer: microseconds since 1970, as SQLite stores dates.
    @inlinable
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .date(let value): self = value
        case .integer(let value): self.init(microsecondsSince1970: value)
        default: return nil
        }
    }
}

extension Optional: SQLDecodable where Wrapped: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        if case .null = sqlValue {
            self = .none
        } else if let value = Wrapped(sqlValue: sqlValue) {
            self = .some(value)
        } else {
            return nil
        }
    }
}

extension SQLDecodable where Self: RawRepresentable, RawValue: SQLDecodable {
    @inlinable
    public init?(sqlValue: SQLValue) {
        guard let raw = RawValue(sqlValue: sqlValue) else { return nil }
        self.init(rawValue: raw)
    }
}
