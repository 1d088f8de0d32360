// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Foundation

extension SQLQueue {
    /// What each channel holds at this moment. Reads each message that waits or is in hand.
    ///
    /// - Throws: `storage`.
    public func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        do {
            let live = try await database.query(
                """
                SELECT channel, state, COUNT(*) AS number, MIN(published_at) AS oldest FROM apus_queue
                WHERE due_at IS NOT NULL GROUP BY channel, state
                """)
            let dead = try await database.query(
                """
                SELECT channel, COUNT(*) AS number FROM apus_queue
                WHERE state = \(RowState.dead) AND finished_at IS NOT NULL GROUP BY channel
                """)
            var all: [Channel: QueueStatistics] = [:]
            for row in live {
                let channel = Channel(try row["channel"])
                var statistics = all[channel] ?? QueueStatistics()
                if RowState(rawValue: try row["state"]) == .inHand {
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

    /// Dead messages, oldest first.
    ///
    /// - Parameters:
    ///   - sequence: only those after it, to read page by page.
    ///   - limit: at most so many. Default: 100.
    /// - Throws: `storage`.
    public func deadMessages(
        after sequence: Int64 = 0, limit: Int = 100
    ) async throws(MessagingError) -> [DeadMessage] {
        do {
            let rows = try await database.query(
                """
                SELECT sequence, channel, event, attempts, finished_at, reason, first_error, last_error FROM apus_queue
                WHERE state = \(RowState.dead) AND sequence > \(sequence) ORDER BY sequence LIMIT \(limit)
                """)
            var messages: [DeadMessage] = []
            for row in rows {
                messages.append(
                    DeadMessage(
                        sequence: try row["sequence"], channel: Channel(try row["channel"]),
                        message: try message(in: row), reason: DeadReason(try row["reason"]),
                        attempts: try row["attempts"], firstError: try row["first_error"],
                        lastError: try row["last_error"], died: try row["finished_at"]))
            }
            return messages
        } catch {
            throw MessagingError(error)
        }
    }

    /// Lets dead messages be tried again, from their first attempt, with what is remembered of their errors.
    ///
    /// - Returns: how many were dead and now wait; those that weren't are left alone.
    /// - Throws: `storage`.
    @discardableResult
    public func redrive(_ sequences: [Int64]) async throws(MessagingError) -> Int {
        let now = clock.microseconds
        do {
            let rows = try await database.query(
                """
                UPDATE apus_queue SET state = \(RowState.waiting), due_at = \(now), attempts = 0, finished_at = NULL,
                    reason = NULL
                WHERE state = \(RowState.dead) AND sequence IN (\(list: sequences)) RETURNING channel
                """)
            var channels: [Channel] = []
            for row in rows { channels.append(Channel(try row.get(0))) }
            for channel in channels { account(1, to: [channel]) }
            wakeWorkers(of: channels)
            return channels.count
        } catch {
            throw MessagingError(error)
        }
    }

    /// Deletes dead messages for good.
    ///
    /// - Returns: how many were dead and now are gone.
    /// - Throws: `storage`.
    @discardableResult
    public func drop(_ sequences: [Int64]) async throws(MessagingError) -> Int {
        do {
            return try await database.execute(
                "DELETE FROM apus_queue WHERE state = \(RowState.dead) AND sequence IN (\(list: sequences))")
        } catch {
            throw MessagingError(error)
        }
    }
}
