// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Synchronization

extension SQLQueueStore {
    var dialect: Dialect { database.dialect }

    public func claim(
        _ limit: Int, from channel: Channel, lease: Duration
    ) async throws(MessagingError) -> [Delivery] {
        do {
            try await awaken(channel)
            let now = clock.microseconds
            let rows = try await database.query(
                """
                WITH picked AS (
                    SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND state = \(RowState.ready)
                    ORDER BY priority DESC, sequence LIMIT \(limit)\(raw: dialect.skipLocked))
                UPDATE apus_queue SET state = \(RowState.inHand), due_at = \(now + lease.microseconds),
                    claims = claims + 1, attempts = attempts + 1
                FROM picked WHERE apus_queue.sequence = picked.sequence
                RETURNING apus_queue.sequence, event, attempts, claims
                """)
            guard !rows.isEmpty else { return [] }
            noteTimed(channel, after: lease)
            var deliveries: [Delivery] = []
            deliveries.reserveCapacity(rows.count)
            for row in rows {
                deliveries.append(
                    Delivery(
                        message: try message(in: row), channel: channel, attempt: try row.get(2),
                        token: try row.get(3), position: QueuePosition(UInt64(try row.get(0, as: Int64.self)))))
            }
            return deliveries.sorted {
                ($1.message.priority, $0.position) < ($0.message.priority, $1.position)
            }
        } catch {
            throw MessagingError(error)
        }
    }

    public func extend(
        _ deliveries: [Delivery], by lease: Duration
    ) async throws(MessagingError) -> [Bool] {
        // In one order, as those that are settled meanwhile: two that lock rows crosswise wait for each other.
        let order = deliveries.indices.sorted { deliveries[$0].position < deliveries[$1].position }
        let end = clock.microseconds + lease.microseconds
        let statements: [SQL] = order.map { "UPDATE apus_queue SET due_at = \(end) WHERE \(held(deliveries[$0]))" }
        do {
            let changed: [Int]
            do {
                changed = try await database.batch(statements)
            } catch  where error.code == .deadlock {
                changed = try await database.batch(statements)
            }
            var held = [Bool](repeating: false, count: deliveries.count)
            for (index, count) in zip(order, changed) { held[index] = count == 1 }
            return held
        } catch {
            throw MessagingError(error)
        }
    }

    public func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? {
        do {
            let row = try await database.first(
                """
                SELECT EXISTS (SELECT 1 FROM apus_queue WHERE channel = \(channel.name) AND state = \(RowState.ready)),
                    (SELECT MIN(due_at) FROM apus_queue
                        WHERE channel = \(channel.name) AND state IN \(RowState.timed))
                """)
            guard let row else { return nil }
            if try row.get(0, as: Bool.self) { return .zero }
            guard let due = try row.get(1, as: Int64?.self) else { return nil }
            let wait = Duration.microseconds(max(0, due - clock.microseconds))
            // Another process may have stored it: the next claim must look then, not at its next second.
            noteTimed(channel, after: wait)
            return wait
        } catch {
            throw MessagingError(error)
        }
    }

    /// Makes ready what has come due, if there may be something: known here, or looked for once a second.
    private func awaken(_ channel: Channel) async throws(DatabaseError) {
        let now = clock.now
        let mayBeDue = state.withLock { state in
            if let next = state.timed[channel]?.next, next > now { return false }
            state.timed[channel] = TimedRows(next: now.advanced(by: .seconds(1)))
            return true
        }
        guard mayBeDue else { return }
        let time = clock.microseconds
        // A thousand at a time: what is left is looked for at the next claim.
        let woken = try await database.execute(
            """
            UPDATE apus_queue SET state = \(RowState.ready) WHERE sequence IN (
                SELECT sequence FROM apus_queue WHERE channel = \(channel.name) AND state IN \(RowState.timed)
                    AND due_at <= \(time)
                ORDER BY due_at LIMIT 1000\(raw: dialect.skipLocked))
            """)
        if woken == 1000 {
            noteTimed(channel, after: .zero)
            return
        }
        let next: Int64? = try await database.value(
            """
            SELECT due_at FROM apus_queue WHERE channel = \(channel.name) AND state IN \(RowState.timed)
            ORDER BY due_at LIMIT 1
            """)
        if let next { noteTimed(channel, after: .microseconds(max(0, next - time))) }
    }

    /// Notes that a row of the channel will come due.
    func noteTimed(_ channel: Channel, after delay: Duration) {
        let instant = clock.now.advanced(by: delay)
        state.withLock { state in
            guard let known = state.timed[channel]?.next, known <= instant else {
                state.timed[channel] = TimedRows(next: instant)
                return
            }
        }
    }

    func noteDelays(of entries: [QueueEntry]) {
        for entry in entries where entry.delay > .zero { noteTimed(entry.channel, after: entry.delay) }
    }

    /// That the row is still in the hand that this delivery is in.
    func held(_ delivery: Delivery) -> SQL {
        """
        sequence = \(delivery.position.row) AND claims = \(delivery.token) AND state = \(RowState.inHand)
        """
    }

    /// The message of a row. One that can't be read any more is handed on as an unreadable one, whose worker keeps it
    /// as dead.
    func message(in row: Row) throws(DatabaseError) -> Message {
        let document: [UInt8] = try row["event"]
        do {
            return try Message(storedCloudEvent: document, received: clock.date)
        } catch {
            return .unreadable(document, error, source: configuration.source, at: clock.date)
        }
    }
}

extension QueuePosition {
    /// The row's key.
    var row: Int64 { Int64(clamping: major) }
}
