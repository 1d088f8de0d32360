// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Synchronization

extension SQLQueue: QueueStore {
    public func claim(
        _ limit: Int, from channel: Channel, lease: Duration
    ) async throws(MessagingError) -> [Delivery] {
        let now = clock.microseconds
        let skipLocked = database.dialect.skipLocked
        do {
            let rows = try await database.query(
                """
                UPDATE apus_queue SET state = \(RowState.inHand), due_at = \(now + lease.microseconds),
                    claims = claims + 1, attempts = attempts + 1
                WHERE sequence IN (
                    SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND due_at <= \(now)
                    ORDER BY due_at, sequence LIMIT \(limit)\(raw: skipLocked))
                RETURNING sequence, event, attempts, claims
                """)
            var deliveries: [Delivery] = []
            for row in rows {
                deliveries.append(
                    Delivery(
                        message: try message(in: row), channel: channel, attempt: try row["attempts"],
                        token: try row["claims"], sequence: try row["sequence"]))
            }
            return deliveries.sorted { $0.sequence < $1.sequence }
        } catch {
            throw MessagingError(error)
        }
    }

    public func settle(
        _ delivery: Delivery, _ settlement: Settlement
    ) async throws(MessagingError) -> Bool {
        let now = clock.microseconds
        let assignments: SQL
        var isFinished = true
        switch settlement {
        case .done:
            // The row stays for a while, so that the same message is known again; its content isn't needed for that.
            assignments = "state = \(RowState.done), due_at = NULL, finished_at = \(now), event = \([UInt8]())"
        case .retry(let delay, let error):
            isFinished = false
            assignments = """
                state = \(RowState.waiting), due_at = \(now + max(0, delay.microseconds)),
                first_error = COALESCE(first_error, \(error)), last_error = \(error)
                """
        case .giveBack(let delay):
            isFinished = false
            assignments = """
                state = \(RowState.waiting), due_at = \(now + max(0, delay.microseconds)), attempts = attempts - 1
                """
        case .dead(let reason, let error):
            assignments = """
                state = \(RowState.dead), due_at = NULL, finished_at = \(now), reason = \(reason.name),
                first_error = COALESCE(first_error, \(error)), last_error = \(error)
                """
        }
        do {
            let changed = try await database.execute("UPDATE apus_queue SET \(assignments) WHERE \(held(delivery))")
            if changed == 1, isFinished { account(-1, to: [delivery.channel]) }
            return changed == 1
        } catch {
            throw MessagingError(error)
        }
    }

    public func extend(
        _ deliveries: [Delivery], by lease: Duration
    ) async throws(MessagingError) -> [Bool] {
        let end = clock.microseconds + lease.microseconds
        do {
            return try await database.batch(
                deliveries.map { "UPDATE apus_queue SET due_at = \(end) WHERE \(held($0))" }
            ).map { $0 == 1 }
        } catch {
            throw MessagingError(error)
        }
    }

    public func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? {
        do {
            let due: Int64? = try await database.value(
                """
                SELECT due_at FROM apus_queue WHERE channel = \(channel.name) AND due_at IS NOT NULL
                ORDER BY due_at LIMIT 1
                """)
            return due.map { .microseconds(max(0, $0 - clock.microseconds)) }
        } catch {
            throw MessagingError(error)
        }
    }

    public func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        let now = clock.microseconds
        let doneBefore = now - configuration.deduplicationWindow.microseconds
        let deadBefore = now - configuration.deadRetention.microseconds
        do {
            try await database.batch([
                """
                DELETE FROM apus_queue WHERE sequence IN (
                    SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND state = \(RowState.done)
                        AND finished_at IS NOT NULL AND finished_at < \(doneBefore) LIMIT 10000)
                """,
                """
                DELETE FROM apus_queue WHERE sequence IN (
                    SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND state = \(RowState.dead)
                        AND finished_at IS NOT NULL AND finished_at < \(deadBefore) LIMIT 10000)
                """,
                """
                DELETE FROM apus_queue WHERE sequence IN (
                    SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND state = \(RowState.dead)
                        AND finished_at IS NOT NULL
                    ORDER BY finished_at DESC LIMIT 10000 OFFSET \(configuration.deadCapacity))
                """,
                // A lease that ends later than any lease can was written before the wall clock was set back.
                """
                UPDATE apus_queue SET due_at = \(now + lease.microseconds)
                WHERE channel = \(channel.name) AND state = \(RowState.inHand)
                    AND due_at > \(now + 2 * lease.microseconds)
                """,
            ])
        } catch {
            throw MessagingError(error)
        }
    }

    public func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.nextWaker += 1
            state.wakers[state.nextWaker] = Waker(channel: channel, wake: wake)
            return state.nextWaker
        }
    }

    public func stopWaking(_ id: UInt64) {
        state.withLock { $0.wakers[id] = nil }
    }

    /// That the row is still in the hand that this delivery is in.
    private func held(_ delivery: Delivery) -> SQL {
        """
        sequence = \(delivery.sequence) AND claims = \(delivery.token) AND state = \(RowState.inHand)
        """
    }

    /// The message of a row. One that can't be read any more is handed on as an unreadable one, whose worker keeps it
    /// as dead.
    func message(in row: Row) throws(DatabaseError) -> Message {
        do {
            return try Message(storedCloudEvent: try row.get("event"), received: clock.date)
        } catch let error as DatabaseError {
            throw error
        } catch {
            return Message(
                id: "", type: "", source: configuration.source, created: clock.date, data: try row.get("event"),
                contentType: "application/octet-stream", extensions: ["unreadable": "\(error)"])
        }
    }
}
