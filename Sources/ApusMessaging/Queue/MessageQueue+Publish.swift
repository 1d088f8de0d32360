// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusSQL
internal import Synchronization

extension MessageQueue {
    /// Publishes a payload: it is stored when this returns; with a transaction, when, and only if, that commits, and
    /// workers of this process wake then at once.
    ///
    /// Trace and request id are taken from `CallContext.current`.
    ///
    /// - Parameters:
    ///   - id: the same id again, within the deduplication window, has no effect. Default: a random one.
    ///   - transaction: of the database in which the queue's store is.
    /// - Throws: `overloaded` if a channel is full, `cancelled` if the task is cancelled while it waits for room,
    ///   `tooLarge`, `invalid`, `misuse` for what the store doesn't offer, `storage`, `unavailable`. Let it pass, so that
    ///   the transaction rolls back.
    @discardableResult
    public func publish<Payload: Sendable>(
        _ payload: Payload, as type: MessageType<Payload>, id: String? = nil, _ options: PublishOptions = .init(),
        in transaction: (any Transaction)? = nil
    ) async throws(MessagingError) -> PublishResult {
        let message = try message(payload, as: type, id: id)
        return try await store(message, options, isRemembered: id != nil, transaction)
    }

    /// Publishes a message, whose id is its publisher's: the same again, within the deduplication window, has no effect.
    ///
    /// - Throws: as ``publish(_:as:id:_:in:)``.
    @discardableResult
    public func publish(
        _ message: Message, _ options: PublishOptions = .init(), in transaction: (any Transaction)? = nil
    ) async throws(MessagingError) -> PublishResult {
        try await store(message, options, isRemembered: true, transaction)
    }

    /// Publishes many messages at once; all or none where the store offers that.
    ///
    /// - Parameter isRemembered: whether one of them may be published again, and must be known then also when it was
    ///   handled. Default: yes. No saves the store the memory of it.
    /// - Returns: what became of each.
    /// - Throws: as ``publish(_:as:id:_:in:)``.
    @discardableResult
    public func publish(
        all messages: [Message], _ options: PublishOptions = .init(), isRemembered: Bool = true,
        in transaction: (any Transaction)? = nil
    ) async throws(MessagingError) -> [PublishResult] {
        var prepared: [(message: Message, channels: [Channel])] = []
        prepared.reserveCapacity(messages.count)
        for message in messages { prepared.append((message, channels(for: message.type))) }
        return try await store(prepared, options, isRemembered: isRemembered, transaction)
    }

    /// Stores a message that another service relayed, for the handlers here; it isn't relayed further. The same message
    /// again has no effect.
    ///
    /// - Throws: as ``publish(_:as:id:_:in:)``.
    @discardableResult
    public func receive(_ message: Message) async throws(MessagingError) -> PublishResult {
        try await store([(message, [channel])], .init(), isRemembered: true, nil)[0]
    }

    /// A message of this service, made now; trace and request id are those of `CallContext.current`.
    ///
    /// - Parameter id: nil for a random one.
    /// - Throws: `invalid` if the payload can't be encoded.
    public func message<Payload: Sendable>(
        _ payload: Payload, as type: MessageType<Payload>, id: String? = nil
    ) throws(MessagingError) -> Message {
        let created = clock.date
        let id = id ?? state.withLock { Message.newID(at: created, using: &$0.random) }
        return try Message(payload, as: type, source: configuration.source, id: id, created: created)
    }

    private func store(
        _ message: Message, _ options: PublishOptions, isRemembered: Bool, _ transaction: (any Transaction)?
    ) async throws(MessagingError) -> PublishResult {
        try await store(
            [(message, channels(for: message.type))], options, isRemembered: isRemembered, transaction)[0]
    }

    private func store(
        _ messages: [(message: Message, channels: [Channel])], _ options: PublishOptions, isRemembered: Bool,
        _ transaction: (any Transaction)?
    ) async throws(MessagingError) -> [PublishResult] {
        var entries: [QueueEntry] = []
        entries.reserveCapacity(messages.count)
        for (message, channels) in messages {
            let message = message.with(options)
            try message.validate()
            let document = message.cloudEvent
            guard document.count <= configuration.maximumBytes else {
                throw MessagingError(
                    .tooLarge,
                    "\(message.type) has \(document.count) bytes, at most \(configuration.maximumBytes) are taken")
            }
            for channel in channels {
                entries.append(
                    QueueEntry(
                        channel: channel, message: message, document: document, delay: max(options.delay, .zero),
                        uniqueKey: try options.validUniqueKey, isRemembered: isRemembered))
            }
        }
        guard !entries.isEmpty else { return [] }
        let results: [PublishResult]
        do {
            results = try await append(entries, transaction)
        } catch {
            if error.code == .overloaded {
                for entry in entries { observer?.observe(.refused(type: entry.message.type, channel: entry.channel)) }
            }
            throw error
        }
        for (entry, result) in zip(entries, results) {
            observer?.observe(
                result == .duplicate
                    ? .duplicate(type: entry.message.type, channel: entry.channel)
                    : .published(type: entry.message.type, channel: entry.channel))
        }
        // A message is new if it is in one of its channels.
        var index = 0
        return messages.map { message in
            let those = results[index..<index + message.channels.count]
            index += message.channels.count
            return those.contains(.stored) ? .stored : .duplicate
        }
    }

    private func append(
        _ entries: [QueueEntry], _ transaction: (any Transaction)?
    ) async throws(MessagingError) -> [PublishResult] {
        if let transaction {
            guard let store = store as? any TransactionalQueueStore else {
                throw MessagingError(.misuse, "the queue's store takes no part in transactions of a database")
            }
            return try await store.append(entries, in: transaction)
        }
        guard case .wait(let limit) = configuration.whenFull else { return try await store.append(entries) }
        let end = clock.now.advanced(by: limit)
        var pause = Duration.milliseconds(5)
        while true {
            do {
                return try await store.append(entries)
            } catch {
                let left = clock.now.duration(to: end)
                guard error.code == .overloaded, left > .zero else { throw error }
                // The last try is in the last moment.
                pause = min(pause, left)
            }
            do {
                try await clock.sleep(for: pause)
            } catch {
                throw MessagingError(.cancelled, "cancelled while it waited for room in the queue")
            }
            pause = min(pause * 2, .milliseconds(200))
        }
    }
}

extension PublishOptions {
    /// - Throws: `invalid` for an empty or too long key.
    fileprivate var validUniqueKey: String? {
        get throws(MessagingError) {
            guard let uniqueKey else { return nil }
            guard (1...256).contains(uniqueKey.utf8.count) else {
                throw MessagingError(.invalid, "a unique key has 1 to 256 bytes, this one \(uniqueKey.utf8.count)")
            }
            return uniqueKey
        }
    }
}
