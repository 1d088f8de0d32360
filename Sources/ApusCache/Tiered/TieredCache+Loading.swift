// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

extension TieredCache {
    /// As ``getOrLoad(_:policy:load:)``, fresh for `timeToLive`; nil for the memory level's default.
    ///
    /// - Throws: as that one.
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await getOrLoad(key, policy: CachePolicy(timeToLive: timeToLive), load: load)
    }

    /// The value under `key` from memory, the store, or `load`, which is run once in this instance, however many ask.
    ///
    /// - Throws: what `load` throws; `overloaded` if too many loads run or too many wait; `encoding`;
    ///   `CancellationError`. What the store throws is a miss.
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if let value = boxes.hit(key, as: Value.self) { return value }
        let found: Value? = try await findOrLoad(key, policy: policy, load: load)
        if let found { return found }
        return try await boxes.loadAnyway(key, policy, load: load)
    }

    /// As ``getOrLoad(_:policy:load:)``; that there is nothing is remembered on both levels.
    ///
    /// - Throws: as that one.
    public func findOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value? {
        try await boxes.findOrLoad(key, policy, as: Value.self) { isAhead in
            try await self.load(key, policy, isAhead: isAhead, load)
        }
    }

    /// The load of the memory level: from the second level, or else from the source, which then fills that.
    ///
    /// - Parameter isAhead: whether a fresh value is to be replaced: the second level has the same one.
    private func load<Value: Codable & Sendable>(
        _ key: String, _ policy: CachePolicy, isAhead: Bool, _ load: @Sendable () async throws -> Value?
    ) async throws -> Loaded<CacheBox> {
        let started = configuration.memory.time.now
        let lookup = await remote.read(key, tags: policy.tags, until: started.advanced(by: configuration.budget))
        if !isAhead, let found = fresh(lookup?.item, as: Value.self) {
            return Loaded(found.box, policy: memoryPolicy(policy, left: found.left, tags: found.tags))
        }
        let spent = started.duration(to: configuration.memory.time.now)
        sourceLoads.wrappingAdd(1, ordering: .relaxed)
        let value: Value?
        do {
            value = try await load()
        } catch {
            guard let old = stale(lookup?.item, as: Value.self, policy) else { throw error }
            remote.count { $0.loadFailures &+= 1 }
            remote.count { $0.staleServed &+= 1 }
            return Loaded(old, policy: CachePolicy(timeToLive: policy.retryAfterFailure))
        }
        let kept = value == nil ? policy.forNothing : policy
        let box = value.map { TypedBox($0) as CacheBox } ?? CacheBox.nothing
        // What nobody waits for any more isn't stored, here as in memory.
        guard lifetime(kept) > .zero, !Task.isCancelled else {
            return Loaded(box, policy: CachePolicy(timeToLive: .zero))
        }
        if let lease = lookup?.lease, let item = try item(of: value, kept) {
            // What is left of the budget, without the time that the source took.
            let deadline = remote.deadline.advanced(by: .zero - max(.zero, spent))
            guard await remote.fill(key, item, lease: lease, until: deadline) else {
                // Removed meanwhile, perhaps by another instance whose message is still under way.
                return Loaded(box, policy: CachePolicy(timeToLive: .zero))
            }
        }
        return Loaded(box, policy: memoryPolicy(kept, left: nil))
    }

    /// How long a value of this policy is fresh.
    func lifetime(_ policy: CachePolicy) -> Duration {
        policy.timeToLive ?? configuration.memory.timeToLive ?? .forever
    }

    /// What the second level is given; nil if it is too large.
    ///
    /// - Throws: `encoding`.
    func item<Value: Codable & Sendable>(of value: Value?, _ policy: CachePolicy) throws(CacheError) -> CacheStoreItem?
    {
        let bytes = try CacheEnvelope(value, staleness: policy.staleness, tags: policy.tags).encoded()
        guard bytes.count <= configuration.maximumValueSize, policy.tags.count <= CachePolicy.maximumTags else {
            remote.count { $0.oversized &+= 1 }
            return nil
        }
        let lifetime = lifetime(policy)
        let kept = lifetime == .forever ? nil : lifetime + policy.staleness
        return CacheStoreItem(bytes: bytes, timeToLive: kept, tags: policy.tags)
    }

    /// What the second level holds if it is fresh, for how long it still is, and with which tags; counted.
    func fresh<Value: Codable & Sendable>(
        _ item: CacheStoreItem?, as type: Value.Type
    ) -> (box: CacheBox, left: Duration?, tags: [String])? {
        guard let item, let envelope = envelope(item, as: type) else {
            remote.count { $0.remoteMisses &+= 1 }
            return nil
        }
        let left = item.timeToLive.map { $0 - .milliseconds(envelope.s) }
        guard left.map({ $0 > .zero }) ?? true else {
            remote.count { $0.remoteMisses &+= 1 }
            return nil
        }
        remote.count { $0.remoteHits &+= 1 }
        return (envelope.d.map { TypedBox($0) } ?? CacheBox.nothing, left, envelope.t ?? [])
    }

    /// What the second level holds though it isn't fresh any more, if the policy allows that.
    private func stale<Value: Codable & Sendable>(
        _ item: CacheStoreItem?, as type: Value.Type, _ policy: CachePolicy
    ) -> CacheBox? {
        guard
            let item, let left = item.timeToLive, let envelope = envelope(item, as: type), let value = envelope.d,
            Duration.milliseconds(envelope.s) - left < policy.staleIfError
        else { return nil }
        return TypedBox(value)
    }

    private func envelope<Value: Codable & Sendable>(
        _ item: CacheStoreItem, as type: Value.Type
    ) -> CacheEnvelope<Value>? {
        guard let envelope = CacheEnvelope<Value>(item.bytes) else {
            remote.count { $0.mismatches &+= 1 }
            return nil
        }
        return envelope
    }

    /// How memory keeps something: no longer than the second level does, and for a short time while messages get lost.
    ///
    /// - Parameters:
    ///   - left: how long it is still fresh; nil: as the policy says.
    ///   - tags: those that it was stored with, besides the policy's.
    func memoryPolicy(_ policy: CachePolicy, left: Duration?, tags: [String] = []) -> CachePolicy {
        var policy = policy
        for tag in tags where !policy.tags.contains(tag) { policy.tags.append(tag) }
        var time = left ?? lifetime(policy)
        if let most = configuration.memoryTimeToLive { time = min(time, most) }
        if !remote.isConnected { time = min(time, configuration.isolatedTimeToLive) }
        policy.timeToLive = time
        return policy
    }
}
