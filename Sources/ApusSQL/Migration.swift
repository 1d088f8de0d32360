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
    /// Whether its statements and its record are one transaction. Default: true.
    public let isTransactional: Bool
    private let statements: @Sendable (Dialect) -> [String]

    /// The same statements for every database.
    public init(_ name: String, _ statements: String...) {
        self.init(name, isTransactional: true) { _ in statements }
    }

    /// Statements that PostgreSQL refuses in a transaction, such as `CREATE INDEX CONCURRENTLY`.
    ///
    /// They run one by one on a connection of their own, while another keeps the lock: the pool needs two. They must be
    /// able to run again after they were cut off, since nothing undoes them: begin with `DROP INDEX CONCURRENTLY IF EXISTS`.
    /// On SQLite, which has no such statements but `VACUUM`, they run as any others.
    public init(_ name: String, outsideTransaction statements: String...) {
        self.init(name, isTransactional: false) { _ in statements }
    }

    /// Statements that depend on the dialect.
    public init(_ name: String, statements: @escaping @Sendable (Dialect) -> [String]) {
        self.init(name, isTransactional: true, statements)
    }

    private init(_ name: String, isTransactional: Bool, _ statements: @escaping @Sendable (Dialect) -> [String]) {
        self.name = name
        self.isTransactional = isTransactional
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
        left.name == right.name && left.isTransactional == right.isTransactional
            && Dialect.allCases.allSatisfy { left.statements($0) == right.statements($0) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}
