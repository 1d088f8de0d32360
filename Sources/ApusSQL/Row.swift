// SPDX-License-Identifier: Apache-2.0

/// A row of a result: values by name or by position.
///
/// ```swift
/// let id: Int = try row["id"]
/// let nickname: String? = try row["nickname"]
/// ```
/// NULL for a type that isn't optional, a missing column and a value of another type are errors
/// (DatabaseError/Code/decoding) that name the column and what was found. Names are matched exactly; of two columns
/// with one name the first is found.
public struct Row: Sendable {
    /// The column names of a result, shared by its rows.
    public final class Columns: Sendable {
        /// In the order of the result.
        public let names: [String]

        public init(_ names: [String]) {
            self.names = names
        }

        @usableFromInline
        func index(of name: String) -> Int? {
            names.firstIndex(of: name)
        }
    }

    /// The names, and a value for each.
    public let columns: Columns
    public let values: [SQLValue]

    /// A row of a backend's result. There is a value for each column.
    public init(columns: Columns, values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of the first column named `name`.
    @inlinable
    public subscript<Value: SQLDecodable>(name: String) -> Value {
        get throws(DatabaseError) { try get(name) }
    }

    /// The value of the column at `index`, counted from 0.
    @inlinable
    public subscript<Value: SQLDecodable>(index: Int) -> Value {
        get throws(DatabaseError) { try get(index) }
    }

    /// The value of the first column named `name`.
    @inlinable
    public func get<Value: SQLDecodable>(_ name: String, as type: Value.Type = Value.self) throws(DatabaseError)
        -> Value
    {
        guard let index = columns.index(of: name) else {
            throw noColumn(name)
        }
        return try get(index, as: type)
    }

    /// The value of the column at `index`, counted from 0.
    @inlinable
    public func get<Value: SQLDecodable>(_ index: Int, as type: Value.Type = Value.self) throws(DatabaseError) -> Value
    {
        guard values.indices.contains(index) else {
            throw noColumn(index)
        }
        guard let value = Value(sqlValue: values[index]) else {
            throw misfit(index, "\(Value.self)")
        }
        return value
    }

    @usableFromInline
    func noColumn(_ name: String) -> DatabaseError {
        DatabaseError(.decoding, "no column \"\(name)\"; there are \(columns.names.joined(separator: ", "))")
    }

    @usableFromInline
    func noColumn(_ index: Int) -> DatabaseError {
        DatabaseError(.decoding, "no column \(index); there are \(values.count)")
    }

    @usableFromInline
    func misfit(_ index: Int, _ type: String) -> DatabaseError {
        DatabaseError(
            .decoding, "column \"\(columns.names[index])\" holds \(values[index].kind), which is no \(type)")
    }
}

extension Row: CustomStringConvertible {
    /// The names and kinds of the columns; not their values, which may be secret.
    public var description: String {
        "Row(" + zip(columns.names, values).map { "\($0): \($1.kind)" }.joined(separator: ", ") + ")"
    }
}
