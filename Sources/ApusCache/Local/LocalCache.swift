// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// A bounded cache in the process, typed, without serialisation: what a hot path uses.
///
/// Keys are spread over shards, each with a lock of its own; the bound is divided among them, so it is exact for the whole
/// and may be reached by one shard a little earlier. What stays is decided by W-TinyLFU (`docs/decisions/0005`): a value
/// that was set may be gone at once if others are asked for more often. An entry past its time is never returned by `get`;
/// it keeps its place until it is asked for, replaced, evicted or found by chance. Every method may be called from any
/// thread.
///
/// The policy says whether `getOrLoad` also gives values past their time: see ``CachePolicy``.
public final class LocalCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What it was made with.
    public let configuration: CacheConfiguration
    @usableFromInline let shards: [CacheShard<Key, Value>]
    /// How far a hash is shifted to give the number of its shard.
    @usableFromInline let shift: Int
    @usableFromInline let weigh: (@Sendable (Key, Value) -> Int)?
    let loads = Atomic<Int>(0)

    /// An empty cache.
    ///
    /// - Parameter weigh: the weight of an entry, 0 or more, such as its bytes. `capacity` is the sum of weights at most
    ///   then, and what weighs more than `capacity` divided by the shards isn't stored. nil: each weighs 1. Called outside
    ///   locks. Default: nil.
    /// - Throws: what is out of range.
    public init(
        _ configuration: CacheConfiguration = .init(), weigh: (@Sendable (Key, Value) -> Int)? = nil
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.weigh = weigh
        let count = configuration.effectiveShards
        var seeds = configuration.seed.map(FastRandom.init(seed:)) ?? FastRandom()
        shards = (0..<count).map { index in
            // The first shards take what the division leaves over.
            CacheShard(
                capacity: configuration.capacity / count + (index < configuration.capacity % count ? 1 : 0),
                seed: seeds.next(), isAdaptive: configuration.isAdaptive)
        }
        shift = UInt.bitWidth - count.trailingZeroBitCount
    }

    /// The value under `key` if it is fresh.
    @inlinable
    public func get(_ key: Key) -> Value? {
        let key = HashedKey(key)
        return shard(of: key).get(key, now: configuration.time.now)
    }

    /// Stores `value` for the configuration's time to live; a load of the same key in progress will not overwrite it.
    @inlinable
    public func set(_ key: Key, _ value: Value) {
        set(key, value, CachePolicy())
    }

    /// Stores `value` for `timeToLive`, nil for ever; zero or less stores nothing and removes what is there.
    @inlinable
    public func set(_ key: Key, _ value: Value, timeToLive: Duration?) {
        set(key, value, CachePolicy(timeToLive: timeToLive ?? .forever))
    }

    /// Stores `value` as `policy` says; a load of the same key in progress will not overwrite it.
    @inlinable
    public func set(_ key: Key, _ value: Value, _ policy: CachePolicy) {
        let weight = weigh?(key, value) ?? 1
        let key = HashedKey(key)
        let now = configuration.time.now
        shard(of: key).state.withLock { state in
            state.generation &+= 1
            state.flights[key] = nil
            state.set(key, value, weight: weight, policy, configuration, now: now)
        }
    }

    /// Removes what is under `key`; a load of it in progress will not be stored.
    @inlinable
    public func remove(_ key: Key) {
        let key = HashedKey(key)
        shard(of: key).state.withLock { $0.remove(key) }
    }

    /// Removes everything that was stored with `tag`; no load in progress with this tag will be stored.
    public func removeAll(tagged tag: String) {
        for shard in shards { shard.state.withLock { $0.removeAll(tagged: tag) } }
    }

    /// Removes everything; no load in progress will be stored.
    public func removeAll() {
        for shard in shards { shard.state.withLock { $0.removeAll() } }
    }

    /// What was counted in all shards.
    public var statistics: CacheStatistics {
        shards.reduce(CacheStatistics()) { sum, shard in
            shard.state.withLock { state in
                var statistics = state.statistics
                statistics.evictions = state.store.losses.evicted
                statistics.rejections = state.store.losses.rejected
                statistics.expirations = state.store.losses.expired
                statistics.oversized = state.store.losses.oversized
                statistics.entries = state.store.count
                statistics.weight = state.store.weight
                return sum + statistics
            }
        }
    }

    // By the upper bits of the hash: the tables of a shard place their keys by the lower ones.
    @inlinable
    func shard(of key: HashedKey<Key>) -> CacheShard<Key, Value> {
        shards[Int(truncatingIfNeeded: UInt(bitPattern: key.hash) >> shift)]
    }
}

// MARK: Filling with what was read elsewhere

extension LocalCache {
    /// Taken before something is read elsewhere, so that ``fill(_:_:_:since:)`` notices what changed meanwhile.
    func generation(of key: Key) -> UInt64 {
        shard(of: HashedKey(key)).state.withLock { $0.generation }
    }

    /// Stores `value` unless something near `key` was set or removed since `generation` was taken.
    func fill(_ key: Key, _ value: Value, _ policy: CachePolicy, since generation: UInt64) {
        let weight = weigh?(key, value) ?? 1
        let key = HashedKey(key)
        let now = configuration.time.now
        shard(of: key).state.withLock { state in
            guard state.generation == generation else { return }
            state.set(key, value, weight: weight, policy, configuration, now: now)
        }
    }
}
