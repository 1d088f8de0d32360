// SPDX-License-Identifier: Apache-2.0

/// A statement with its parameters.
///
/// Written as a string literal, where every interpolated value becomes a bound parameter and never part of the text:
/// ```swift
/// let sql: SQL = "SELECT id, name FROM users WHERE email = \(email)"
/// let page: SQL = "\(sql) ORDER BY \(identifier: column) LIMIT \(limit)"
/// let some: SQL = "SELECT id FROM users WHERE id IN (\(list: ids))"
/// ```
/// Text that isn't a literal gets in only by the explicit `SQL(raw:)` or `\(raw:)`: never give these anything that
/// came from outside.
public struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// The text without the values.
    public private(set) var template: Template
    /// The values of the parameters, in their order.
    public private(set) var values: [SQLValue] = []

    /// A statement from text made at run time. Nothing in it is escaped.
    public init(raw text: String) {
        template = Template(text)
    }

    public init(stringLiteral text: String) {
        template = Template(text)
    }

    /// A statement from what was collected.
    public init(stringInterpolation: Interpolation) {
        self = stringInterpolation.sql
    }

    /// This statement followed by another.
    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum += right
        return sum
    }

    /// Lets another follow: in place, where `+` copies what is there already.
    public static func += (left: inout SQL, right: SQL) {
        left.template.append(right.template)
        left.values += right.values
    }

    /// The text with the placeholders of `dialect`.
    public func text(for dialect: Dialect) -> String { template.text(for: dialect) }

    private mutating func append(_ value: SQLValue) {
        values.append(value)
        template.appendPlaceholder()
    }
}

extension SQL {
    /// Collects the literal parts as text and the interpolated values as parameters.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate(set) var sql: SQL = ""

        /// Called by the compiler for a literal with interpolations.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.template.reserve(interpolationCount)
            sql.values.reserveCapacity(interpolationCount)
        }

        /// A part of the text, as it stands in the source.
        public mutating func appendLiteral(_ literal: String) {
            sql.template.append(literal)
        }

        /// A bound parameter.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            sql.append(value.sqlValue)
        }

        /// A bound parameter, NULL for nil.
        public mutating func appendInterpolation<Value: SQLConvertible>(_ value: Value?) {
            sql.append(value?.sqlValue ?? .null)
        }

        /// Another statement, with its parameters.
        public mutating func appendInterpolation(_ other: SQL) {
            sql += other
        }

        /// Bound parameters separated by commas; NULL for an empty list, so that `IN ()` stays valid and matches nothing.
        public mutating func appendInterpolation(list values: some Sequence<some SQLConvertible>) {
            var isFirst = true
            for value in values {
                if !isFirst { sql.template.append(", ") }
                isFirst = false
                sql.append(value.sqlValue)
            }
            if isFirst { sql.template.append("NULL") }
        }

        /// The name of a table or column, quoted.
        public mutating func appendInterpolation(identifier name: String) {
            var quoted = "\""
            // By scalars: a quote and a combining mark are one character.
            for scalar in name.unicodeScalars {
                quoted.unicodeScalars.append(scalar)
                if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            }
            sql.template.append(quoted + "\"")
        }

        /// Text as it is. Never give it anything that came from outside.
        public mutating func appendInterpolation(raw text: String) {
            sql.template.append(text)
        }
    }
}
