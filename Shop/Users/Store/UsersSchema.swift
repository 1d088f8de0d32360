// SPDX-License-Identifier: Apache-2.0
import ApusSQL

/// The tables of the users service, as the steps that make them.
enum UsersSchema {
    static let migrations = Migrations([
        Migration("0001_users") { dialect in
            [
                """
                CREATE TABLE users (
                    id \(dialect.autoincrementingKey), name TEXT NOT NULL, email TEXT NOT NULL,
                    email_key TEXT NOT NULL, created_at BIGINT NOT NULL, version BIGINT NOT NULL)
                """,
                "CREATE UNIQUE INDEX users_email_key ON users (email_key)",
            ]
        }
    ])
}
