// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Foundation

extension SQLQueueStore {
    /// What isn't finished, read from the partial indexes.
    static let liveRows: SQL = """
        SELECT channel, state, published_at FROM apus_queue WHERE state = \(RowState.ready)
        UNION ALL SELECT channel, state, published_at FROM apus_queue WHERE state IN \(RowState.timed)
        UNION ALL SELECT channel, state, published_at FROM apus_queue
            WHERE ordering_key IS NOT NULL AND state IN \(RowState.live) AND state = \(RowState.blocked)
        """

    /// Reads each message that waits or is in hand.
    public func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        do {
            let live = try await database.query(
                """
                SELECT channel, CASE WHEN state = \(RowState.inHand) THEN 1 ELSE 0 END AS in_hand, COUNT(*) AS number,
                    MIN(published_at) AS oldest
                FROM (\(Self.liveRows)) AS live GROUP BY 1, 2
                """)
            let dead = try await database.query(
                """
                SELECT channel, COUNT(*) AS number FROM apus_queue
                WHERE state = \(RowState.dead) AND state IN (2, 3) GROUP BY channel
                """)
            var all: [Channel: QueueStatistics] = [:]
            for row in live {
                let channel = Channel(try row["channel"])
                var statistics = all[channel] ?? QueueStatistics()
                if try row.get("in_hand", as: Int.self) == 1 {
                    statistics.inHand = try row["number"]
                } else {
                    statistics.waiting = try row["number"]
                }
                let age = Duration.microseconds(max(0, clock.microseconds - (try row["oldest"])))
                statistics.oldestAge = max(statistics.oldestAge ?? .zero, age)
                all[channel] = statistics
            }
            for row in dead { all[Channel(try row["channel"]), default: .init()].dead = try row["number"] }
            return all
        } catch {
            throw MessagingError(error)
        }
    }

    public func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage] {
        do {
            let rows = try await database.query(
                """
                SELECT sequence, event, attempts, finished_at, reason, first_error, last_error FROM apus_queue
                WHERE channel = \(channel.name) AND state = \(RowState.dead) AND state IN (2, 3)
                    AND sequence > \(position.row)
                ORDER BY sequence LIMIT \(limit)
                """)
            var messages: [DeadMessage] = []
            for row in rows {
                messages.append(
                    DeadMessage(
                        position: QueuePosition(UInt64(try row.get("sequence", as: Int64.self))), channel: channel,
                        message: try message(in: row), reason: DeadReason(try row["reason"]),
                        attempts: try row["attempts"], firstError: try row["first_error"],
                        lastError: try row["last_error"], died: try row["finished_at"]))
            }
            return messages
        } catch {
            throw MessagingError(error)
        }
    }

    @discardableResult
    public func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        let now = clock.microseconds
        do {
            let number = try await database.transaction(attempts: 3, isolation: .readCommitted) { transaction in
                // An ordering key's go behind what is under way.
                let rows = try await transaction.query(
                    """
                    UPDATE apus_queue SET due_at = \(now), attempts = 0, finished_at = NULL, reason = NULL,
                        state = CASE WHEN ordering_key IS NULL THEN \(RowState.ready) ELSE \(RowState.blocked) END
                    WHERE channel = \(channel.name) AND state = \(RowState.dead)
                        AND sequence IN (\(list: positions.map(\.row)))
                    RETURNING ordering_key
                    """)
                var keys: Set<String> = []
                for row in rows { if let key = try row.get(0, as: String?.self) { keys.insert(key) } }
                for key in keys.sorted() {
                    if dialect == .postgres { _ = try await transaction.query(lock(channel, key)) }
                    try await transaction.execute(release(channel, key))
                }
                return rows.count
            }
            account(number, to: channel)
            tell([channel])
            return number
        } catch let error as DatabaseError {
            throw MessagingError(error)
        } catch {
            throw MessagingError(.storage, "\(error)")
        }
    }

    @discardableResult
    public func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        do {
            return try await database.execute(
                """
                DELETE FROM apus_queue WHERE channel = \(channel.name) AND state = \(RowState.dead)
                    AND sequence IN (\(list: positions.map(\.row)))
                """)
        } catch {
            throw MessagingError(error)
        }
    }

    public func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        do {
            while try await forget(channel), !Task.isCancelled {}
            let now = clock.microseconds
            try await database.batch([
                // A lease that ends later than any lease can was written before the wall clock was set back.
                """
                UPDATE apus_queue SET due_at = \(now + lease.microseconds)
                WHERE channel = \(channel.name) AND state IN \(RowState.timed) AND state = \(RowState.inHand)
                    AND due_at > \(now + 2 * lease.microseconds)
                """,
                // Nothing of the key is under way, and yet it waits: a transaction saw an older state than there was.
                """
                UPDATE apus_queue SET state = \(RowState.scheduled) WHERE sequence IN (
                    SELECT MIN(sequence) FROM apus_queue WHERE channel = \(channel.name) AND ordering_key IS NOT NULL
                        AND state IN \(RowState.live)
                    GROUP BY ordering_key HAVING MIN(state) = \(RowState.blocked))
                """,
            ])
        } catch {
            throw MessagingError(error)
        }
        noteTimed(channel, after: lease)
    }

    /// Deletes a piece of what needs no more remembering; true if there may be more.
    private func forget(_ channel: Channel) async throws(DatabaseError) -> Bool {
        let now = clock.microseconds
        let doneBefore = now - configuration.deduplicationWindow.microseconds
        let deadBefore = now - configuration.deadRetention.microseconds
        let most = Self.forgottenAtOnce
        return try await database.batch([
            deletion(channel, RowState.done, "AND finished_at < \(doneBefore) LIMIT \(most)"),
            deletion(channel, RowState.dead, "AND finished_at < \(deadBefore) LIMIT \(most)"),
            deletion(
                channel, RowState.dead, "ORDER BY finished_at DESC LIMIT \(most) OFFSET \(configuration.deadCapacity)"),
        ]).contains(most)
    }

    /// So that no transaction is long.
    private static let forgottenAtOnce = 5_000

    private func deletion(_ channel: Channel, _ state: SQL, _ which: SQL) -> SQL {
        """
        DELETE FROM apus_queue WHERE sequence IN (
            SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND state = \(state) AND state IN (2, 3)
            \(which))
        """
    }
}
