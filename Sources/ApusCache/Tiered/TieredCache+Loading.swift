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
        let boxed: @Sendable (Bool) async throws -> Loaded<CacheBox> = { isAhead in
            try await self.load(key, policy, isAhead: isAhead, BoxCoder<Value>.self) { TypedBox(try await load()) }
        }
        if let found: Value = try await boxes.load(key, policy, load: boxed) { return found }
        if let loaded: Value = try await boxes.loadAnyway(key, policy, load: boxed) { return loaded }
        return try await load()
    }

    /// As ``getOrLoad(_:policy:load:)``; that there is nothing is remembered on both levels.
    ///
    /// - Throws: as that one.
    public func findOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value? {
        try await boxes.findOrLoad(key, policy, as: Value.self) { isAhead in
            try await self.load(key, policy, isAhead: isAhead, BoxCoder<Value>.self) {
                try await load().map { TypedBox($0) } ?? CacheBox.nothing
            }
        }
    }

    /// The load of the memory level: from the second level, or else from the source, which then fills that.
    ///
    /// - Parameter isAhead: whether a fresh value is to be replaced: the second level has the same one.
    private func load(
        _ key: String, _ policy: CachePolicy, isAhead: Bool, _ coder: any BoxCoding.Type,
        _ load: @Sendable () async throws -> CacheBox
    ) async throws -> Loaded<CacheBox> {
        let started = configuration.memory.time.now
        let lookup = await remote.read(key, tags: policy.tags)
        if !isAhead, let found = found(lookup?.item, policy, coder) { return found }
        // What the source takes isn't the store's.
        let left = configuration.budget - max(.zero, started.duration(to: configuration.memory.time.now))
        sourceLoads.wrappingAdd(1, ordering: .relaxed)
        let box: CacheBox
        do {
            box = try await load()
        } catch {
            guard let old = stale(lookup?.item, coder, policy) else { throw error }
            return old
        }
        return try kept(key, box, policy, coder, after: lookup, within: left)
    }

    // MARK: Steps of a load. Not inlined: what they need meanwhile would be part of its frame.

    /// What the second level holds if it is fresh.
    @inline(never)
    private func found(
        _ item: CacheStoreItem?, _ policy: CachePolicy, _ coder: any BoxCoding.Type
    ) -> Loaded<CacheBox>? {
        guard let found = fresh(item, coder) else { return nil }
        return Loaded(found.box, policy: memoryPolicy(policy, left: found.left, tags: found.tags))
    }

    /// What was loaded, with how memory keeps it. Begins to fill the second level with it, for the same time, unless it is
    /// too large or there is no lease.
    ///
    /// - Throws: `encoding`.
    @inline(never)
    private func kept(
        _ key: String, _ box: CacheBox, _ policy: CachePolicy, _ coder: any BoxCoding.Type,
        after lookup: CacheStoreLookup?, within budget: Duration
    ) throws(CacheError) -> Loaded<CacheBox> {
        let policy = shortened(box === CacheBox.nothing ? policy.forNothing : policy)
        guard isKept(policy) else { return Loaded(box, policy: .unkept) }
        if let lease = lookup?.lease, let item = try item(of: box, policy, coder) {
            remote.fill(key, item, lease: lease, within: budget, boxes)
        }
        return Loaded(box, policy: memoryPolicy(policy, left: nil))
    }

    /// What nobody waits for any more isn't stored, on either level.
    private func isKept(_ policy: CachePolicy) -> Bool {
        lifetime(policy) > .zero && !Task.isCancelled
    }

    /// How long a value of this policy is fresh.
    func lifetime(_ policy: CachePolicy) -> Duration {
        policy.timeToLive ?? configuration.memory.timeToLive ?? .forever
    }

    /// What the second level is given; nil if it is too large.
    ///
    /// - Throws: `encoding`.
    @inline(never)
    func item(
        of box: CacheBox, _ policy: CachePolicy, _ coder: any BoxCoding.Type
    ) throws(CacheError) -> CacheStoreItem? {
        let bytes = try coder.encoded(box, policy)
        guard bytes.count <= configuration.maximumValueSize, policy.tags.count <= CachePolicy.maximumTags else {
            remote.count { $0.oversized &+= 1 }
            return nil
        }
        let lifetime = lifetime(policy)
        let kept = lifetime == .forever ? nil : lifetime + policy.staleness
        return CacheStoreItem(bytes: bytes, timeToLive: kept, tags: policy.tags)
    }

    /// What the second level holds if it is fresh, for how long it still is, and with which tags; counted.
    @inline(never)
    func fresh(
        _ item: CacheStoreItem?, _ coder: any BoxCoding.Type
    ) -> (box: CacheBox, left: Duration?, tags: [String])? {
        let found = item.flatMap { decoded($0, coder) }
        let left = item?.timeToLive.map { $0 - (found?.staleness ?? .zero) }
        guard let found, left.map({ $0 > .zero }) ?? true else {
            remote.count { $0.remoteMisses &+= 1 }
            return nil
        }
        remote.count { $0.remoteHits &+= 1 }
        return (found.box, left, found.tags)
    }

    /// What the second level holds though it isn't fresh any more, if the policy allows that; counted.
    @inline(never)
    private func stale(
        _ item: CacheStoreItem?, _ coder: any BoxCoding.Type, _ policy: CachePolicy
    ) -> Loaded<CacheBox>? {
        guard
            let item, let left = item.timeToLive, let found = decoded(item, coder), found.box !== CacheBox.nothing,
            found.staleness - left < policy.staleIfError
        else { return nil }
        remote.count { statistics in
            statistics.loadFailures &+= 1
            statistics.staleServed &+= 1
        }
        return Loaded(found.box, policy: CachePolicy(timeToLive: policy.retryAfterFailure))
    }

    private func decoded(_ item: CacheStoreItem, _ coder: any BoxCoding.Type) -> DecodedBox? {
        guard let found = coder.decoded(item.bytes) else {
            remote.count { $0.mismatches &+= 1 }
            return nil
        }
        // With these it was stored, whether or not who asks knows of them.
        return found.tags.isEmpty || !remote.owes(tags: found.tags) ? found : nil
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
        if let most = configuration.memoryTimeToLive { time = min(time, shortened(most)) }
        if !remote.isConnected { time = min(time, shortened(configuration.isolatedTimeToLive)) }
        policy.timeToLive = time
        return policy
    }
}
