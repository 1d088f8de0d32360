// SPDX-License-Identifier: Apache-2.0
public import ApusCache
public import ApusCore
import Synchronization

/// A cache on a Redis server that several instances share: ``ApusCache/Cache`` with values as JSON.
///
/// Redis down, slow or full: every call ends within its budget with a typed error, `getOrLoad` takes that as a miss, and a
/// breaker keeps a dead server from costing the budget each time. Health is `degraded` then, never down.
///
/// A change is never undone by a load that began before it, by whichever instance: a removal leaves a mark for
/// `longestLoad`, and a load is stored only on top of what it saw. A change that Redis didn't confirm is remembered, so
/// that the old value isn't read through this instance, and made when Redis is back. Safe to use from any number of tasks.
public final class RedisCache: Cache {
    /// What it was made with.
    public let configuration: RedisCacheConfiguration
    let client: RedisClient
    let guarded: GuardedRedis
    let counters = RedisCacheCounters()
    /// The name of this instance in messages.
    let instance: String
    /// Which loads run; nothing is kept in it.
    let loads: LocalCache<String, any Sendable>
    let unconfirmed: Mutex<UnconfirmedRemovals>
    let hasUnconfirmed = Atomic<Bool>(false)
    let isSettling = Atomic<Bool>(false)
    let longestTimeToLive: Atomic<Int64>
    let random: Mutex<FastRandom>
    /// How many loads of the keys of a slot have ended.
    let endings: LoadEndings

    /// A cache on `client`'s server; nothing is connected yet.
    ///
    /// - Throws: every problem of the configuration.
    public init(
        _ client: RedisClient, _ configuration: RedisCacheConfiguration = .init()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.client = client
        guarded = try GuardedRedis(client, configuration.breaker, counters)
        var random = configuration.seed.map(FastRandom.init(seed:)) ?? FastRandom()
        instance = String(random.next(), radix: 16)
        self.random = Mutex(random)
        loads = try LocalCache(
            CacheConfiguration(capacity: 1, maximumLoads: configuration.maximumLoads, time: client.time))
        unconfirmed = Mutex(UnconfirmedRemovals(maximum: configuration.maximumUnconfirmed))
        longestTimeToLive = Atomic(configuration.timeToLive.nanoseconds)
        endings = LoadEndings()
    }

    public func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value? {
        if case .value(let bytes) = try await look(key), let value = decode(bytes, as: type) {
            counters.hits.wrappingAdd(1, ordering: .relaxed)
            return value
        }
        counters.misses.wrappingAdd(1, ordering: .relaxed)
        return nil
    }

    /// Stores `value`; a load of the same key in progress, in any instance, will not overwrite it.
    ///
    /// - Throws: `unavailable`, `timeout`, `encoding`, `too_large`, `full`. What was under the key isn't read through this
    ///   instance afterwards.
    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, timeToLive: Duration?
    ) async throws(CacheError) {
        let time = timeToLive ?? configuration.timeToLive
        guard time > .zero else { return try await remove(key) }
        let bytes: [UInt8]
        do {
            bytes = try encode(value)
        } catch {
            // The old value must not outlive the wish to replace it.
            try await remove(key)
            throw error
        }
        try await change(key, .set(name(key), bytes, timeToLive: shortened(time)))
    }

    /// Removes what is under `key`; a load of it in progress, in any instance, will not be stored.
    ///
    /// - Throws: `unavailable`, `timeout`. Nothing is read under the key through this instance until the removal is made.
    public func remove(_ key: String) async throws(CacheError) {
        try await change(key, removal(of: key))
    }

    /// The value under `key`, loaded by `load` if it isn't there: once in this process, however many ask at the same time.
    ///
    /// - Throws: what `load` throws; `overloaded` if too many loads run; `CancellationError`. Never because of Redis.
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let ended = endings.count(of: key)
        let seen = await lookOrNil(key)
        if case .value(let bytes) = seen, let value = decode(bytes, as: Value.self) {
            counters.hits.wrappingAdd(1, ordering: .relaxed)
            return value
        }
        counters.misses.wrappingAdd(1, ordering: .relaxed)
        let loaded = try await loads.getOrLoad(key, timeToLive: .zero) {
            try await self.load(key, seen, ended, timeToLive ?? self.configuration.timeToLive, load)
        }
        if let value = loaded as? Value { return value }
        // Another type was loaded under this key: without the protection against many loads.
        return try await load()
    }

    /// What was counted so far. Redis doesn't tell of evictions, expirations and entries of one cache: they are 0.
    public var statistics: CacheStatistics {
        var statistics = CacheStatistics()
        statistics.hits = counters.hits.load(ordering: .relaxed)
        statistics.misses = counters.misses.load(ordering: .relaxed)
        statistics.mismatches = counters.mismatches.load(ordering: .relaxed)
        statistics.loads = counters.loads.load(ordering: .relaxed)
        statistics.loadFailures = counters.loadFailures.load(ordering: .relaxed)
        return statistics
    }

    /// What was counted of failures.
    public var failures: RedisCacheStatistics {
        var statistics = counters.failuresSoFar
        statistics.unconfirmed = unconfirmed.withLock { $0.count }
        return statistics
    }

    /// `degraded` while Redis isn't reached or left alone: the service goes on without it.
    public var health: RedisHealth {
        guarded.health
    }

    /// What other instances change from now on, for a level of the cache in memory.
    ///
    /// - Throws: `unavailable`, `timeout`.
    public func invalidations() async throws(CacheError) -> RedisInvalidations {
        do throws(RedisError) {
            return RedisInvalidations(
                subscription: try await client.subscribe(to: [invalidationChannel]), instance: instance)
        } catch {
            throw CacheError(error)
        }
    }
}
