// SPDX-License-Identifier: Apache-2.0

/// The SQL that a database speaks, for the few statements that must differ.
public enum Dialect: String, Sendable, Hashable, CaseIterable {
    case sqlite
    case postgres

    /// The placeholder of the parameter with the given number, counted from 1.
    public func placeholder(_ number: Int) -> String {
        switch self {
        case .sqlite: "?"
        case .postgres: Self.numbered.indices.contains(number - 1) ? Self.numbered[number - 1] : "$\(number)"
        }
    }

    /// The first placeholders, since every statement has some.
    private static let numbered = (1...64).map { "$\($0)" }

    /// A column that numbers its rows from 1, as primary key.
    public var autoincrementingKey: String {
        switch self {
        case .sqlite: "INTEGER PRIMARY KEY AUTOINCREMENT"
        case .postgres: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        }
    }

    /// The type of a column of bytes.
    public var blob: String {
        switch self {
        case .sqlite: "BLOB"
        case .postgres: "BYTEA"
        }
    }

    /// The database's clock: microseconds since 1970, as an expression.
    public var nowMicroseconds: String {
        switch self {
        case .sqlite: "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
        case .postgres: "CAST(EXTRACT(EPOCH FROM now()) * 1000000 AS BIGINT)"
        }
    }

    /// What a sub-select that picks rows to work on ends with, so that concurrent workers pick different ones. SQLite has
    /// one writer and needs nothing.
    public var skipLocked: String {
        switch self {
        case .sqlite: ""
        case .postgres: " FOR UPDATE SKIP LOCKED"
        }
    }
}
