// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Foundation
import UsersContract

/// The users in the database: its SQL and nothing else.
///
/// Each method runs in whatever it is given, so that what belongs together shares a transaction.
enum UserStore {
    /// - Throws: `uniqueViolation` if another user has the e-mail address.
    static func insert(_ new: NewUser, at created: Date, in executor: any SQLExecutor) async throws -> VersionedUser {
        let rows = try await executor.query(
            """
            INSERT INTO users (name, email, email_key, created_at, version)
            VALUES (\(new.name), \(new.email), \(key(of: new.email)), \(created.microsecondsSince1970), 1)
            RETURNING id, name, email, created_at, version
            """)
        return try user(from: rows[0])
    }

    static func find(_ id: Int, in executor: any SQLExecutor) async throws(DatabaseError) -> VersionedUser? {
        try await executor.first("SELECT id, name, email, created_at, version FROM users WHERE id = \(id)").map(user)
    }

    /// At most `limit` users with ids above `id`, in their order.
    static func list(after id: Int, limit: Int, in executor: any SQLExecutor) async throws -> [User] {
        try await executor.query(
            "SELECT id, name, email, created_at, version FROM users WHERE id > \(id) ORDER BY id LIMIT \(limit)"
        ).map { try user(from: $0).user }
    }

    /// - Returns: the user as it is now; nil if it is gone.
    /// - Throws: `uniqueViolation` if another user has the e-mail address.
    static func update(
        _ id: Int, name: String, email: String, in executor: any SQLExecutor
    ) async throws(DatabaseError) -> VersionedUser? {
        try await executor.first(
            """
            UPDATE users SET name = \(name), email = \(email), email_key = \(key(of: email)), version = version + 1
            WHERE id = \(id) RETURNING id, name, email, created_at, version
            """
        ).map(user)
    }

    static func delete(_ id: Int, in executor: any SQLExecutor) async throws(DatabaseError) {
        try await executor.execute("DELETE FROM users WHERE id = \(id)")
    }

    /// What two addresses share that differ only in case.
    private static func key(of email: String) -> String { email.lowercased() }

    private static func user(from row: Row) throws(DatabaseError) -> VersionedUser {
        VersionedUser(
            user: User(id: try row[0], name: try row[1], email: try row[2], createdAt: try row[3]), version: try row[4])
    }
}
