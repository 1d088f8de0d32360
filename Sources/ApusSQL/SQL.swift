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
    /// The text before, between and after the values: one more than there are values.
    private(set) var fragments: [String]
    /// The values of the parameters, in their order.
    public private(set) var values: [SQLValue] = []

    /// A statement from text made at run time. Nothing in it is escaped.
    public init(raw text: String) {
        fragments = [text]
    }

    public init(stringLiteral text: String) {
        fragments = [text]
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
        left.append(right.fragments[0])
        left.fragments += right.fragments.dropFirst()
        left.values += right.values
    }

    /// The text with the placeholders of `dialect`.
    public func text(for dialect: Dialect) -> String {
        if values.isEmpty { return fragments[0] }
        var text = ""
        text.reserveCapacity(fragments.reduce(4 * values.count) { $0 + $1.utf8.count })
        text += fragments[0]
        for number in fragments.indices.dropFirst() {
            text += dialect.placeholder(number)
            text += fragments[number]
        }
        return text
    }

    /// Whether both have the same text, whatever their values: then they can share what was prepared. Cheaper than to
    /// compare their texts, which needn't be made for it.
    public func hasSameText(as other: SQL) -> Bool { fragments == other.fragments }

    private mutating func append(_ text: String) {
        let last = fragments.count - 1
        if fragments[last].isEmpty { fragments[last] = text } else { fragments[last] += text }
    }

    private mutating func append(_ value: SQLValue) {
        values.append(value)
        fragments.append("")
    }
}

extension SQL {
    /// Collects the literal parts as text and the interpolated values as parameters.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate(set) var sql: SQL = ""

        /// Called by the compiler for a literal with interpolations.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.fragments.reserveCapacity(interpolationCount + 1)
            sql.values.reserveCapacity(interpolationCount)
        }

        /// A part of the text, as it stands in the source.
        public mutating func appendLiteral(_ literal: String) {
            sql.append(literal)
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
                if !isFirst { sql.append(", ") }
                isFirst = false
                sql.append(value.sqlValue)
            }
            if isFirst { sql.append("NULL") }
        }

        /// The name of a table or column, quoted.
        public mutating func appendInterpolation(identifier name: String) {
            var quoted = "\""
            for character in name {
                quoted.append(character)
                if character == "\"" { quoted.append(character) }
            }
            sql.append(quoted + "\"")
        }

        /// Text as it is. Never give it anything that came from outside.
        public mutating func appendInterpolation(raw text: String) {
            sql.append(text)
        }
    }
}
