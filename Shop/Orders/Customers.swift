// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import Logging
import UsersContract

/// Who may order, as far as `user_created` has told.
struct Customers: Sendable {
    let database: any Database
    let logger: Logger

    private let inbox = Inbox(consumer: "customers")

    init(database: any Database, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// Remembers a new customer and welcomes them: once, however often the message comes.
    func welcome(_ user: UserCreated, _ message: Message) async throws {
        let isNew = try await database.transaction(attempts: 5, isolation: .readCommitted) { transaction in
            try await inbox.once(message, in: transaction) {
                try await transaction.execute(
                    """
                    INSERT INTO customers (id, name, email, created_at)
                    VALUES (\(user.id), \(user.name), \(user.email), \(user.createdAt.microsecondsSince1970))
                    """)
            } != nil
        }
        if isNew { logger.info("welcome", metadata: ["customer": "\(user.id)"]) }
    }
}
