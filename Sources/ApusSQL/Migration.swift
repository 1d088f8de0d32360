// SPDX-License-Identifier: Apache-2.0

/// One step of a schema: a name that never changes again, and the statements that make it.
///
/// ```swift
/// Migration("0001_users", "CREATE TABLE users (…)", "CREATE INDEX users_email ON users (email)")
/// ```
/// Statements are given one by one, since splitting a script at its semicolons needs a parser for every dialect.
public struct Migration: Sendable, Hashable {
    /// Unique in its list, and what errors name.
    public let name: String
    private let statements: @Sendable (Dialect) -> [String]

    /// The same statements for every database.
    public init(_ name: String, _ statements: String...) {
        self.name = name
        self.statements = { _ in statements }
    }

    /// Statements that depend on the dialect.
    public init(_ name: String, statements: @escaping @Sendable (Dialect) -> [String]) {
        self.name = name
        self.statements = statements
    }

    /// What it runs on `dialect`.
    public func statements(for dialect: Dialect) -> [String] {
        statements(dialect)
    }

    /// Sixteen hexadecimal digits that change when a statement does (FNV-1a, 64 bits). It finds a slip, not a forger.
    public func checksum(for dialect: Dialect) -> String {
        Checksum.fnv1a(statements(for: dialect))
    }

    public static func == (left: Migration, right: Migration) -> Bool {
        left.name == right.name && Dialect.allCases.allSatisfy { left.statements($0) == right.statements($0) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}
