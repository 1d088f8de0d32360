// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore
public import ApusSQL
internal import Synchronization

extension SQLQueue {
    /// Publishes a payload inside the caller's transaction: it is there if, and only if, that commits. Workers of this
    /// process wake then at once.
    ///
    /// Trace and request id are taken from `CallContext.current`.
    ///
    /// - Parameters:
    ///   - id: the same id again, within the deduplication window, has no effect. Default: a random one.
    ///   - delay: how long it waits before it is handled. Default: not at all.
    /// - Throws: `overloaded` if a channel is full, `tooLarge`, `invalid`, `storage`. Let it pass, so that the transaction
    ///   rolls back.
    @discardableResult
    public func publish<Payload: Sendable>(
        _ payload: Payload, as type: MessageType<Payload>, id: String? = nil, delay: Duration = .zero,
        in transaction: any Transaction
    ) async throws(MessagingError) -> PublishResult {
        let message = try message(payload, as: type, id: id)
        return try await store([message], in: channels(for: type.name), delay: delay, transaction)
    }

    /// Publishes a payload by itself; it is stored when this returns.
    ///
    /// - Throws: as ``publish(_:as:id:delay:in:)``.
    @discardableResult
    public func publish<Payload: Sendable>(
        _ payload: Payload, as type: MessageType<Payload>, id: String? = nil, delay: Duration = .zero
    ) async throws(MessagingError) -> PublishResult {
        let message = try message(payload, as: type, id: id)
        return try await store([message], in: channels(for: type.name), delay: delay, nil)
    }

    /// A message of this service, made now; trace and request id are those of `CallContext.current`.
    ///
    /// - Parameter id: nil for a random one.
    /// - Throws: `invalid` if the payload can't be encoded.
    public func message<Payload: Sendable>(
        _ payload: Payload, as type: MessageType<Payload>, id: String? = nil
    ) throws(MessagingError) -> Message {
        let id = id ?? state.withLock { Message.newID(using: &$0.random) }
        return try Message(payload, as: type, source: configuration.source, id: id, created: clock.date)
    }

    /// Publishes a message inside the caller's transaction, or by itself.
    ///
    /// - Throws: as ``publish(_:as:id:delay:in:)``.
    @discardableResult
    public func publish(
        _ message: Message, delay: Duration = .zero, in transaction: (any Transaction)? = nil
    ) async throws(MessagingError) -> PublishResult {
        try message.validate()
        return try await store([message], in: channels(for: message.type), delay: delay, transaction)
    }

    /// Publishes many messages of one type at once: all or none.
    ///
    /// - Throws: as ``publish(_:as:id:delay:in:)``; `misuse` if the types differ.
    public func publish(
        all messages: [Message], in transaction: (any Transaction)? = nil
    ) async throws(MessagingError) {
        guard let type = messages.first?.type else { return }
        for message in messages {
            try message.validate()
            guard message.type == type else {
                throw MessagingError(.misuse, "\(message.type) among messages of \(type)")
            }
        }
        _ = try await store(messages, in: channels(for: type), delay: .zero, transaction)
    }

    /// Stores a message that another service relayed, for the handlers here; it isn't relayed further. The same message
    /// again has no effect.
    ///
    /// - Throws: as ``publish(_:as:id:delay:in:)``.
    @discardableResult
    public func receive(_ message: Message) async throws(MessagingError) -> PublishResult {
        try message.validate()
        return try await store([message], in: [.local], delay: .zero, nil)
    }

    private func channels(for type: String) -> [Channel] {
        state.withLock { $0.routing.channels(for: type) }
    }

    private func store(
        _ messages: [Message], in channels: [Channel], delay: Duration, _ transaction: (any Transaction)?
    ) async throws(MessagingError) -> PublishResult {
        let statements = try insertions(of: messages, in: channels, delay: delay)
        try await admit(messages, to: channels, transaction ?? database)
        let inserted: Int
        do {
            inserted = try await run(statements, transaction)
        } catch {
            account(-messages.count, to: channels)
            throw MessagingError(error)
        }
        let isDuplicate = inserted == 0
        if isDuplicate { account(-messages.count, to: channels) }
        for message in messages {
            for channel in channels {
                observer?.observe(
                    isDuplicate
                        ? .duplicate(type: message.type, channel: channel)
                        : .published(type: message.type, channel: channel))
            }
        }
        if let transaction {
            transaction.afterCommit { self.wakeWorkers(of: channels) }
        } else {
            wakeWorkers(of: channels)
        }
        return isDuplicate ? .duplicate : .stored
    }

    private func run(_ statements: [SQL], _ transaction: (any Transaction)?) async throws(DatabaseError) -> Int {
        guard let transaction else {
            if statements.count == 1 { return try await database.execute(statements[0]) }
            return try await database.batch(statements).reduce(0, +)
        }
        var inserted = 0
        for statement in statements { inserted += try await transaction.execute(statement) }
        return inserted
    }

    private func insertions(
        of messages: [Message], in channels: [Channel], delay: Duration
    ) throws(MessagingError) -> [SQL] {
        let now = clock.microseconds
        let due = now + max(0, delay.microseconds)
        var statements: [SQL] = []
        var rows: [SQL] = []
        for message in messages {
            let event = message.cloudEvent
            guard event.count <= configuration.maximumBytes else {
                throw MessagingError(
                    .tooLarge,
                    "\(message.type) has \(event.count) bytes, at most \(configuration.maximumBytes) are taken")
            }
            for channel in channels {
                rows.append(
                    """
                    (\(channel.name), \(message.source), \(message.id), \(message.type), \(event), \
                    \(RowState.waiting), \(due), \(now))
                    """)
                if rows.count == 100 { statements.append(insertion(of: rows)); rows = [] }
            }
        }
        if !rows.isEmpty { statements.append(insertion(of: rows)) }
        return statements
    }

    private func insertion(of rows: [SQL]) -> SQL {
        var sql: SQL =
            "INSERT INTO apus_queue (channel, source, id, type, event, state, due_at, published_at) VALUES "
        for (index, row) in rows.enumerated() { sql = sql + (index == 0 ? row : ", " + row) }
        return sql + " ON CONFLICT (channel, source, id) DO NOTHING"
    }

    /// Makes room in the count for `messages`, or refuses them.
    private func admit(
        _ messages: [Message], to channels: [Channel], _ executor: any SQLExecutor
    ) async throws(MessagingError) {
        let now = clock.now
        let capacity = configuration.capacity
        if state.withLock({ $0.depth.needsCount(channels, capacity: capacity, now: now) }) {
            let depths = try await countDepths(executor)
            state.withLock { $0.depth.set(depths, now: now) }
        }
        let full = state.withLock { state -> Channel? in
            if let full = state.depth.full(channels, adding: messages.count, capacity: capacity) { return full }
            for channel in channels { state.depth.add(messages.count, to: channel) }
            return nil
        }
        guard let full else { return }
        for message in messages { observer?.observe(.refused(type: message.type, channel: full)) }
        throw MessagingError(
            .overloaded, "channel \(full) of the queue holds its \(capacity) messages", retryAfter: .seconds(1))
    }

    private func countDepths(_ executor: any SQLExecutor) async throws(MessagingError) -> [Channel: Int] {
        do {
            let rows = try await executor.query(
                "SELECT channel, COUNT(*) FROM apus_queue WHERE due_at IS NOT NULL GROUP BY channel")
            var depths: [Channel: Int] = [:]
            for row in rows { depths[Channel(try row.get(0))] = try row.get(1) }
            return depths
        } catch {
            throw MessagingError(error)
        }
    }

    /// Corrects the count by what was, or wasn't, stored.
    func account(_ number: Int, to channels: [Channel]) {
        state.withLock { state in
            for channel in channels { state.depth.add(number, to: channel) }
        }
    }
}

extension Message {
    /// - Throws: `invalid` naming the empty or ill-formed attribute, or saying where the payload stops being JSON.
    func validate() throws(MessagingError) {
        for (name, value) in [("id", id), ("type", type), ("source", source)] where value.isEmpty {
            throw MessagingError(.invalid, "attribute \(name) of the message is empty")
        }
        for name in extensions.keys where !CloudEventAttributes.isName(name) {
            throw MessagingError(.invalid, "attribute name \(name.prefix(40)) isn't 1 to 20 of a-z and 0-9")
        }
        guard isJSON else { return }
        do {
            _ = try JSONParser.parse(data)
        } catch {
            throw MessagingError(.invalid, "the payload of \(type) is no JSON: \(error)")
        }
    }
}
