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
    enum Piece: Sendable, Hashable {
        case text(String)
        case value(SQLValue)
    }

    var pieces: [Piece]

    /// A statement from text made at run time. Nothing in it is escaped.
    public init(raw text: String) {
        pieces = [.text(text)]
    }

    public init(stringLiteral text: String) {
        pieces = [.text(text)]
    }

    /// A statement from what was collected.
    public init(stringInterpolation: Interpolation) {
        pieces = stringInterpolation.pieces
    }

    /// This statement followed by another.
    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.pieces += right.pieces
        return sum
    }

    /// Lets another follow: in place, where `+` copies what is there already.
    public static func += (left: inout SQL, right: SQL) {
        left.pieces += right.pieces
    }

    /// The text with the placeholders of `dialect`, and the values in their order.
    public func rendered(for dialect: Dialect) -> (text: String, values: [SQLValue]) {
        if pieces.count == 1, case .text(let text) = pieces[0] { return (text, []) }
        var text = ""
        var values: [SQLValue] = []
        var length = 0
        var count = 0
        for piece in pieces {
            if case .text(let fragment) = piece { length += fragment.utf8.count } else { count += 1 }
        }
        text.reserveCapacity(length + 4 * count)
        values.reserveCapacity(count)
        for piece in pieces {
            switch piece {
            case .text(let fragment): text += fragment
            case .value(let value):
                values.append(value)
                text += dialect.placeholder(values.count)
            }
        }
        return (text, values)
    }
}

extension SQL {
    /// Collects the literal parts as text and the interpolated values as parameters.
    public struct Interpolation: StringInterpolationProtocol {
        var pieces: [Piece] = []

        /// Called by the compiler for a literal with interpolations.
        public init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(2 * interpolationCount + 1)
        }

        /// A part of the text, as it stands in the source.
        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { pieces.append(.text(literal)) }
        }

        /// A bound parameter.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            pieces.append(.value(value.sqlValue))
        }

        /// A bound parameter, NULL for nil.
        public mutating func appendInterpolation<Value: SQLConvertible>(_ value: Value?) {
            pieces.append(.value(value?.sqlValue ?? .null))
        }

        /// Another statement, with its parameters.
        public mutating func appendInterpolation(_ sql: SQL) {
            pieces += sql.pieces
        }

        /// Bound parameters separated by commas; NULL for an empty list, so that `IN ()` stays valid and matches nothing.
        public mutating func appendInterpolation(list values: some Sequence<some SQLConvertible>) {
            var isFirst = true
            for value in values {
                if !isFirst { pieces.append(.text(", ")) }
                isFirst = false
                pieces.append(.value(value.sqlValue))
            }
            if isFirst { pieces.append(.text("NULL")) }
        }

        /// The name of a table or column, quoted.
        public mutating func appendInterpolation(identifier name: String) {
            var quoted = "\""
            for character in name {
                quoted.append(character)
                if character == "\"" { quoted.append(character) }
            }
            pieces.append(.text(quoted + "\""))
        }

        /// Text as it is. Never give it anything that came from outside.
        public mutating func appendInterpolation(raw text: String) {
            pieces.append(.text(text))
        }
    }
}
