// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import Synchronization

// How the cache talks to Redis: within its budget, behind its breaker.
extension RedisCache {
    var invalidationChannel: String { configuration.namespace + "invalidations" }

    func name(_ key: String) -> String { configuration.namespace + key }

    /// Makes one call.
    func call<Value: Sendable>(
        within budget: Duration? = nil, _ body: (Instant) async throws(RedisError) -> Value
    ) async throws(CacheError) -> Value {
        try await guarded.call(within: budget ?? configuration.budget, body)
    }

    /// What is under `key`, unless it can't be believed.
    func look(_ key: String) async throws(CacheError) -> StoredValue {
        if hasUnconfirmed.load(ordering: .acquiring) {
            let now = client.time.now
            guard unconfirmed.withLock({ $0.isTrusted(key, now: now) }) else {
                // The change that Redis didn't confirm is made now, so the key holds nothing.
                let removal = removal(of: key)
                try await change(key, removal)
                if case .bytes(let mark) = removal.arguments[1] { return .mark(mark) }
                return .nothing
            }
        }
        let stored = StoredValue(
            try await call { (deadline) throws(RedisError) in
                try await self.client.get(self.name(key), deadline: deadline)
            })
        if hasUnconfirmed.load(ordering: .relaxed) { settleSoon() }
        return stored
    }

    /// What is under `key`; nil if Redis gave no answer.
    func lookOrNil(_ key: String) async -> StoredValue? {
        do throws(CacheError) {
            return try await look(key)
        } catch {
            return nil  // counted, and taken as a miss
        }
    }

    /// The mark that stands for a removed entry while a load of it may be in progress.
    func removal(of key: String) -> RedisCommand {
        .set(
            name(key), StoredValue.mark(random.withLock { $0.next() }), timeToLive: configuration.longestLoad)
    }

    /// Changes what is under `key` and tells other instances.
    func change(_ key: String, _ command: RedisCommand) async throws(CacheError) {
        var commands = [command]
        if configuration.publishes {
            let message = InvalidationMessage(instance: instance, key: key)
            commands.append(
                RedisCommand("PUBLISH", [.string(invalidationChannel), .string(message.text)]))
        }
        let batch = commands
        do throws(CacheError) {
            try await call { (deadline) throws(RedisError) in
                let replies = try await self.client.pipeline(batch, deadline: deadline)
                guard case .error(let error)? = replies.first else { return }
                // A full server still deletes.
                if error.code == .outOfMemory { try await self.client.delete([self.name(key)], deadline: deadline) }
                throw RedisError.server(error)
            }
        } catch {
            loads.remove(key)
            guard error.code == .full else {
                doubt(key)
                throw error
            }
            confirm(key)
            // Deleted instead of marked: as good, but for a load in progress, for which a full server has no place either.
            if isRemoval(command) { return }
            throw error
        }
        loads.remove(key)
        confirm(key)
    }

    private func isRemoval(_ command: RedisCommand) -> Bool {
        guard case .bytes(let bytes) = command.arguments[1] else { return false }
        return bytes.first == UInt8(ascii: "X")
    }

    private func confirm(_ key: String) {
        guard hasUnconfirmed.load(ordering: .relaxed) else { return }
        unconfirmed.withLock { unconfirmed in
            unconfirmed.confirm(key)
            hasUnconfirmed.store(!unconfirmed.isEmpty, ordering: .releasing)
        }
    }

    private func doubt(_ key: String) {
        let longest = Duration.nanoseconds(longestTimeToLive.load(ordering: .relaxed))
        let now = client.time.now
        unconfirmed.withLock { unconfirmed in
            unconfirmed.insert(key, longest: longest, now: now)
            hasUnconfirmed.store(true, ordering: .releasing)
        }
    }

    /// Makes the changes that Redis didn't confirm, now that it answers: other instances may read the old values.
    private func settleSoon() {
        guard isSettling.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { return }
        Task {
            defer { isSettling.store(false, ordering: .releasing) }
            for key in unconfirmed.withLock({ $0.some(256) }) {
                do throws(CacheError) {
                    try await change(key, removal(of: key))
                } catch {
                    return  // Redis is gone again; the next answer tries anew
                }
            }
        }
    }

    /// A time to live, shortened by chance.
    func shortened(_ timeToLive: Duration) -> Duration {
        longestTimeToLive.max(timeToLive.nanoseconds, ordering: .relaxed)
        guard configuration.jitter > 0 else { return timeToLive }
        let part = 1 - configuration.jitter * random.withLock { Double.random(in: 0..<1, using: &$0) }
        return .nanoseconds(Int64(exactly: (Double(timeToLive.nanoseconds) * part).rounded()) ?? timeToLive.nanoseconds)
    }

    func encode(_ value: some Encodable) throws(CacheError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try StoredValue.encode(value, version: configuration.schemaVersion)
        } catch {
            throw CacheError(.encoding, "the value can't be encoded as JSON")
        }
        guard bytes.count <= configuration.maximumValueBytes else {
            counters.tooLarge.wrappingAdd(1, ordering: .relaxed)
            throw CacheError(
                .tooLarge, "the value has \(bytes.count) bytes, more than \(configuration.maximumValueBytes)")
        }
        return bytes
    }

    func decode<Value: Decodable>(_ bytes: [UInt8], as type: Value.Type) -> Value? {
        if let value = StoredValue.decode(bytes, as: type, version: configuration.schemaVersion) { return value }
        counters.mismatches.wrappingAdd(1, ordering: .relaxed)
        return nil
    }
}
