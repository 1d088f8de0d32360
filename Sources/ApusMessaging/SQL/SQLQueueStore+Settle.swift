// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Synchronization

extension SQLQueueStore {
    public func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool] {
        guard let channel = settled.first?.delivery.channel else { return [] }
        var done: [Int] = []
        var others: [Int] = []
        for (index, one) in settled.enumerated() {
            if one.settlement == .done, one.delivery.message.orderingKey == nil {
                done.append(index)
            } else {
                others.append(index)
            }
        }
        var held = [Bool](repeating: false, count: settled.count)
        do {
            // First what brings text along, which the database may refuse: then nothing is settled yet.
            if !others.isEmpty { try await change(others, settled, &held) }
            if !done.isEmpty { try await finish(done, settled, &held) }
        } catch {
            throw MessagingError(error)
        }
        for index in settled.indices where held[index] {
            switch settled[index].settlement {
            case .done, .dead: account(-1, to: channel)
            case .retry(let delay, _), .giveBack(let delay): noteTimed(channel, after: max(.zero, delay))
            }
        }
        return held
    }

    /// Finishes messages without ordering key: two statements for all of them, or one.
    private func finish(
        _ indices: [Int], _ settled: [SettledDelivery], _ held: inout [Bool]
    ) async throws(DatabaseError) {
        var left = Dictionary(
            indices.map { (settled[$0].delivery.position.row, $0) }, uniquingKeysWith: { first, _ in first })
        // What won't come again is forgotten at once. A row to remember stays for a while, without its content.
        for assignment in ["DELETE FROM apus_queue", finishing] as [SQL] where !left.isEmpty {
            let deliveries = left.keys.sorted().compactMap { left[$0] }.map { settled[$0].delivery }
            let isDeletion = assignment == ("DELETE FROM apus_queue" as SQL)
            let rows = try await database.query(
                """
                \(assignment) WHERE (sequence, claims) IN (\(pairs(deliveries))) AND state = \(RowState.inHand)
                    AND remembered = \(raw: isDeletion ? "0" : "1") RETURNING sequence
                """)
            for row in rows {
                if let index = left.removeValue(forKey: try row.get(0)) { held[index] = true }
            }
        }
    }

    private var finishing: SQL {
        """
        UPDATE apus_queue SET state = \(RowState.done), due_at = NULL, finished_at = \(clock.microseconds),
            unique_key = NULL, event = \([UInt8]())
        """
    }

    /// The rows and tokens of deliveries, filled up by repetition to a power of two, so that there are few statements.
    ///
    /// The third column holds nothing but says how to go about it: a list alone is compared by SQLite with every row of
    /// the table, by PostgreSQL with every row in hand. Of a selection both look up each row by its key.
    private func pairs(_ deliveries: [Delivery]) -> SQL {
        var size = 1
        while size < deliveries.count { size *= 2 }
        // The type of a parameter in VALUES is told once, for PostgreSQL.
        var sql: SQL = """
            SELECT column1, column2 FROM (VALUES (CAST(\(deliveries[0].position.row) AS BIGINT),
                CAST(\(deliveries[0].token) AS BIGINT), 1)
            """
        for index in 1..<max(1, size) {
            let delivery = deliveries[min(index, deliveries.count - 1)]
            sql += ", (\(delivery.position.row), \(delivery.token), 1)"
        }
        sql += ") AS settled WHERE column3 = 1"
        return sql
    }

    /// Settles one by one, in one transaction; lets the next of an ordering key go when one is finished.
    private func change(
        _ indices: [Int], _ settled: [SettledDelivery], _ held: inout [Bool]
    ) async throws(DatabaseError) {
        var statements: [SQL] = []
        var owners: [Int?] = []
        let keys = Set(
            indices.compactMap { settled[$0].isFinal ? settled[$0].delivery.message.orderingKey : nil })
        let channel = settled[0].delivery.channel
        if dialect == .postgres {
            for key in keys.sorted() {
                statements.append(lock(channel, key))
                owners.append(nil)
            }
        }
        for index in indices {
            let delivery = settled[index].delivery
            statements.append(
                "UPDATE apus_queue SET \(assignments(settled[index].settlement)) WHERE \(self.held(delivery))")
            owners.append(index)
        }
        for key in keys.sorted() {
            statements.append(release(channel, key))
            owners.append(nil)
        }
        let changed = try await database.batch(statements)
        for (owner, count) in zip(owners, changed) {
            if let owner { held[owner] = count == 1 }
        }
    }

    private func assignments(_ settlement: Settlement) -> SQL {
        let now = clock.microseconds
        return switch settlement {
        case .done:
            """
            state = \(RowState.done), due_at = NULL, finished_at = \(now), unique_key = NULL, event = \([UInt8]())
            """
        case .retry(let delay, let error):
            """
            state = \(delay > .zero ? RowState.scheduled : RowState.ready),
            due_at = \(now + max(0, delay.microseconds)), first_error = COALESCE(first_error, \(error)),
            last_error = \(error)
            """
        case .giveBack(let delay):
            """
            state = \(delay > .zero ? RowState.scheduled : RowState.ready),
            due_at = \(now + max(0, delay.microseconds)), attempts = attempts - 1
            """
        case .dead(let reason, let error):
            """
            state = \(RowState.dead), due_at = NULL, finished_at = \(now), unique_key = NULL,
            reason = \(reason.name), first_error = COALESCE(first_error, \(error)), last_error = \(error)
            """
        }
    }

    /// Lets the first blocked row of an ordering key go, unless another of the key is under way.
    func release(_ channel: Channel, _ key: String) -> SQL {
        """
        UPDATE apus_queue SET state = CASE WHEN due_at > \(clock.microseconds) THEN \(RowState.scheduled)
            ELSE \(RowState.ready) END
        WHERE sequence = (
                SELECT MIN(sequence) FROM apus_queue WHERE channel = \(channel.name) AND ordering_key = \(key)
                    AND state IN \(RowState.live) AND state = \(RowState.blocked))
            AND NOT EXISTS (
                SELECT 1 FROM apus_queue WHERE channel = \(channel.name) AND ordering_key = \(key)
                    AND state IN \(RowState.live) AND state <> \(RowState.blocked))
        """
    }
}

extension SettledDelivery {
    /// Whether the message is finished, dead included.
    fileprivate var isFinal: Bool {
        switch settlement {
        case .done, .dead: true
        case .retry, .giveBack: false
        }
    }
}
