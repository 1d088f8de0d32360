// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

/// Makes the effect of a message happen once, however often the message comes: the effect and the note that it happened
/// share a transaction.
///
/// ```swift
/// try await database.transaction { transaction in
///     try await inbox.once(delivery.message, in: transaction) {
///         try await transaction.execute("UPDATE orders SET state = 'confirmed' WHERE id = \(order.id)")
///     }
/// }
/// ```
/// Its table is made by ``SQLQueueStore/migrations``.
public struct Inbox: Sendable {
    /// Who has the effect: the same message may have one for each consumer.
    public let consumer: String

    private let clock: QueueClock

    /// An inbox of `consumer`, which notes the time of `clock`.
    public init(consumer: String, clock: QueueClock = .system()) {
        self.consumer = consumer
        self.clock = clock
    }

    /// Runs `effect` unless the message had it already.
    ///
    /// - Returns: what `effect` returns, or nil if it happened before.
    /// - Throws: what `effect` throws (let the transaction roll back, or the message counts as handled);
    ///   `DatabaseError`.
    @discardableResult
    public func once<Value>(
        _ message: Message, in transaction: any Transaction, _ effect: () async throws -> Value
    ) async throws -> Value? {
        try await once("\(message.source) \(message.id)", in: transaction, effect)
    }

    /// Runs `effect` unless it happened under this `key` already.
    ///
    /// - Returns, Throws: as ``once(_:in:_:)-(Message,_,_)``.
    @discardableResult
    public func once<Value>(
        _ key: String, in transaction: any Transaction, _ effect: () async throws -> Value
    ) async throws -> Value? {
        let now = clock.microseconds
        let inserted = try await transaction.execute(
            """
            INSERT INTO apus_inbox (consumer, message, received_at) VALUES (\(consumer), \(key), \(now))
            ON CONFLICT (consumer, message) DO NOTHING
            """)
        guard inserted == 1 else { return nil }
        return try await effect()
    }

    /// Forgets what came to any consumer longer ago than `age`: it must be longer than any message may be delivered late.
    ///
    /// - Returns: how many, at most 10,000 at a time.
    /// - Throws: what the database says.
    @discardableResult
    public static func forget(
        olderThan age: Duration, in database: any SQLExecutor, clock: QueueClock = .system()
    ) async throws(DatabaseError) -> Int {
        let before = clock.microseconds - age.microseconds
        return try await database.execute(
            """
            DELETE FROM apus_inbox WHERE (consumer, message) IN (
                SELECT consumer, message FROM apus_inbox WHERE received_at < \(before) ORDER BY received_at LIMIT 10000)
            """)
    }
}
