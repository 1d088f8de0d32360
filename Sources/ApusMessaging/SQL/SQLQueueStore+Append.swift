// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusSQL
internal import Synchronization

extension SQLQueueStore {
    public func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult] {
        try await append(entries, nil)
    }

    public func append(
        _ entries: [QueueEntry], in transaction: any Transaction
    ) async throws(MessagingError) -> [PublishResult] {
        try await append(entries, transaction)
    }

    private func append(
        _ entries: [QueueEntry], _ transaction: (any Transaction)?
    ) async throws(MessagingError) -> [PublishResult] {
        try await admit(entries, transaction ?? database)
        let groups = grouped(entries)
        let stored: Set<Int>
        do {
            stored = try await insert(groups, entries, transaction)
        } catch let error as DatabaseError {
            for entry in entries { account(-1, to: entry.channel) }
            throw MessagingError(error)
        } catch {
            for entry in entries { account(-1, to: entry.channel) }
            throw MessagingError(.storage, "\(error)")
        }
        var results = [PublishResult](repeating: .stored, count: entries.count)
        if stored.count < entries.count {
            for index in entries.indices where !stored.contains(index) {
                results[index] = .duplicate
                account(-1, to: entries[index].channel)
            }
        }
        let channels = Set(entries.map(\.channel))
        noteDelays(of: entries)
        if let transaction {
            transaction.afterCommit { self.tell(channels) }
        } else {
            tell(channels)
        }
        return results
    }

    /// The entries in statements: up to a hundred rows each, but one alone where the row must see the one before it.
    private func grouped(_ entries: [QueueEntry]) -> [[Int]] {
        var groups: [[Int]] = []
        var open: [Int] = []
        for index in entries.indices {
            if entries[index].message.orderingKey != nil {
                groups.append([index])
                continue
            }
            open.append(index)
            if open.count == 100 { groups.append(open); open = [] }
        }
        if !open.isEmpty { groups.append(open) }
        return groups
    }

    /// - Returns: which entries were stored.
    private func insert(
        _ groups: [[Int]], _ entries: [QueueEntry], _ transaction: (any Transaction)?
    ) async throws -> Set<Int> {
        let now = clock.microseconds
        if let transaction { return try await insert(groups, entries, now, transaction) }
        // SQLite groups the commits of its one writer itself.
        if dialect == .postgres, entries.count == 1, !entries[0].mayBeThere, entries[0].message.orderingKey == nil {
            try await lane.append(entries[0], until: CallContext.currentDeadline, on: self)
            return [0]
        }
        if groups.count == 1, !needsLock(entries[groups[0][0]]) {
            return try await insert(groups, entries, now, database)
        }
        if entries.allSatisfy({ !$0.mayBeThere }) {
            // Nothing is to be learned from the answers: one round trip, or a place in a common commit.
            try await database.batch(locks(of: entries) + groups.map { insertion(of: $0.map { entries[$0] }, now) })
            return Set(entries.indices)
        }
        return try await database.transaction(attempts: 3, isolation: .readCommitted) { transaction in
            try await self.insert(groups, entries, now, transaction)
        }
    }

    private func insert(
        _ groups: [[Int]], _ entries: [QueueEntry], _ now: Int64, _ executor: any SQLExecutor
    ) async throws(DatabaseError) -> Set<Int> {
        var stored: Set<Int> = []
        for lock in locks(of: entries) { _ = try await executor.query(lock) }
        for group in groups {
            let statement = insertion(of: group.map { entries[$0] }, now)
            if group.count == 1 || group.allSatisfy({ !entries[$0].mayBeThere }) {
                if try await executor.execute(statement) == group.count { stored.formUnion(group) }
                continue
            }
            let rows = try await executor.query(statement + " RETURNING channel, source, id")
            var names: Set<[String]> = []
            for row in rows { names.insert([try row.get(0), try row.get(1), try row.get(2)]) }
            for index in group {
                let entry = entries[index]
                // Twice in one statement: the first is the one that is stored.
                let name = [entry.channel.name, entry.message.source, entry.message.id]
                if names.remove(name) != nil { stored.insert(index) }
            }
        }
        return stored
    }

    private func needsLock(_ entry: QueueEntry) -> Bool {
        dialect == .postgres && entry.message.orderingKey != nil
    }

    /// The locks of all ordering keys, in an order that all publishers share, so that none waits for one who waits for it.
    private func locks(of entries: [QueueEntry]) -> [SQL] {
        guard dialect == .postgres else { return [] }
        var keys: [Channel: Set<String>] = [:]
        for entry in entries {
            if let key = entry.message.orderingKey { keys[entry.channel, default: []].insert(key) }
        }
        return keys.sorted { $0.key.name < $1.key.name }.flatMap { channel, keys in
            keys.sorted().map { lock(channel, $0) }
        }
    }

    func insertion(of entries: [QueueEntry], _ now: Int64) -> SQL {
        var sql: SQL =
            """
            INSERT INTO apus_queue (channel, source, id, type, event, state, due_at, published_at, priority, ordering_key,
                unique_key, remembered) VALUES 
            """
        for (index, entry) in entries.enumerated() {
            let message = entry.message
            let due = now + entry.delay.microseconds
            var state = entry.delay > .zero ? RowState.scheduled : RowState.ready
            if let key = message.orderingKey {
                state = """
                    CASE WHEN EXISTS (SELECT 1 FROM apus_queue WHERE channel = \(entry.channel.name)
                        AND ordering_key = \(key) AND state IN \(RowState.live)) THEN \(RowState.blocked) ELSE \(state) END
                    """
            }
            let row: SQL = """
                (\(entry.channel.name), \(message.source), \(message.id), \(message.type), \(entry.document), \(state), \
                \(due), \(now), \(Int(message.priority.rawValue)), \(message.orderingKey), \(entry.uniqueKey), \
                \(entry.isRemembered ? 1 : 0))
                """
            if index > 0 { sql += ", " }
            sql += row
        }
        return sql + " ON CONFLICT DO NOTHING"
    }

    /// Lets those who change what an ordering key waits for take turns, until their transactions end.
    func lock(_ channel: Channel, _ key: String) -> SQL {
        "SELECT pg_advisory_xact_lock(hashtextextended(\("apus_queue/\(channel)/\(key)"), 0))"
    }

    /// Makes room in the count for the entries, or refuses them.
    private func admit(_ entries: [QueueEntry], _ executor: any SQLExecutor) async throws(MessagingError) {
        let now = clock.now
        let capacity = configuration.capacity
        var wanted: [Channel: Int] = [:]
        for entry in entries { wanted[entry.channel, default: 0] += 1 }
        let needed = wanted
        if state.withLock({ $0.depth.needsCount(needed.keys, capacity: capacity, now: now) }) {
            let depths = try await countDepths(executor)
            state.withLock { $0.depth.set(depths, now: now) }
        }
        let full = state.withLock { $0.depth.admit(needed, capacity: capacity) }
        guard let full else { return }
        throw MessagingError(
            .overloaded, "channel \(full) of the queue holds its \(capacity) messages", retryAfter: .seconds(1))
    }

    private func countDepths(_ executor: any SQLExecutor) async throws(MessagingError) -> [Channel: Int] {
        do {
            let rows = try await executor.query(
                """
                SELECT channel, COUNT(*) FROM (\(Self.liveRows)) AS live GROUP BY channel
                """)
            var depths: [Channel: Int] = [:]
            for row in rows { depths[Channel(try row.get(0))] = try row.get(1) }
            return depths
        } catch {
            throw MessagingError(error)
        }
    }
}

extension QueueEntry {
    /// Whether it may turn out that it needn't be stored. A random id that isn't remembered never came before.
    fileprivate var mayBeThere: Bool { isRemembered || uniqueKey != nil }
}
