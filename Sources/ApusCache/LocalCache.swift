// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// A bounded cache in the process, typed, without serialisation: what a hot path uses.
///
/// Keys are spread over shards, each with a lock of its own; the bound is divided among them, so it is exact for the whole
/// and may be reached by one shard a little earlier. Eviction is SIEVE. An entry past its time is never returned; it keeps
/// its place until it is asked for, replaced or evicted. Every method may be called from any thread.
public final class LocalCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What it was made with.
    public let configuration: CacheConfiguration
    @usableFromInline let shards: [CacheShard<Key, Value>]
    @usableFromInline let mask: Int
    private let loads = Atomic<Int>(0)

    /// - Throws: what is out of range.
    public init(_ configuration: CacheConfiguration = .init()) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        let count = configuration.effectiveShards
        var seeds = configuration.seed.map(FastRandom.init(seed:)) ?? FastRandom()
        shards = (0..<count).map { index in
            // The first shards take what the division leaves over.
            CacheShard(
                capacity: configuration.capacity / count + (index < configuration.capacity % count ? 1 : 0),
                seed: seeds.next())
        }
        mask = count - 1
    }

    /// The value under `key`, or nil.
    @inlinable
    public func get(_ key: Key) -> Value? {
        let key = HashedKey(key)
        return shard(of: key).get(key, now: configuration.time.now)
    }

    /// Stores `value` for the configuration's time to live; a load of the same key in progress will not overwrite it.
    @inlinable
    public func set(_ key: Key, _ value: Value) {
        set(key, value, timeToLive: configuration.timeToLive)
    }

    /// Stores `value` for `timeToLive`, nil for ever; zero or less stores nothing and removes what is there.
    @inlinable
    public func set(_ key: Key, _ value: Value, timeToLive: Duration?) {
        let key = HashedKey(key)
        let now = configuration.time.now
        let jitter = configuration.jitter
        shard(of: key).state.withLock { state in
            state.flights[key] = nil
            state.set(key, value, timeToLive: timeToLive, jitter: jitter, now: now)
        }
    }

    /// Removes what is under `key`; a load of it in progress will not be stored.
    @inlinable
    public func remove(_ key: Key) {
        let key = HashedKey(key)
        shard(of: key).state.withLock { state in
            state.flights[key] = nil
            state.store.remove(key)
        }
    }

    /// Removes everything; no load in progress will be stored.
    @inlinable
    public func removeAll() {
        for shard in shards {
            shard.state.withLock { state in
                state.flights.removeAll()
                state.store.removeAll()
            }
        }
    }

    /// The value under `key`, or what `load` gives, which is stored for the configuration's time to live. A hit
    /// allocates nothing.
    ///
    /// - Throws: as ``getOrLoad(_:timeToLive:load:)``.
    @inlinable
    public func getOrLoad(_ key: Key, load: @escaping @Sendable () async throws -> Value) async throws -> Value {
        if let value = get(key) { return value }
        return try await loadOnce(HashedKey(key), timeToLive: configuration.timeToLive, load: load)
    }

    /// The value under `key`, loaded by `load` if it isn't there: once, however many ask at the same time.
    ///
    /// The load runs in a task of its own with the first caller's task-local values. A caller who is cancelled leaves it
    /// to the others; it is cancelled when the last has gone. A load that fails fails for everyone who waits and isn't
    /// remembered. `load` must not ask for the same key.
    ///
    /// - Parameter timeToLive: nil for ever; zero or less doesn't store the value.
    /// - Throws: what `load` throws; ``CacheError`` `overloaded` if too many loads run; `CancellationError`.
    @inlinable
    public func getOrLoad(
        _ key: Key, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if let value = get(key) { return value }
        return try await loadOnce(HashedKey(key), timeToLive: timeToLive, load: load)
    }

    /// What was counted in all shards.
    public var statistics: CacheStatistics {
        shards.reduce(CacheStatistics()) { sum, shard in
            shard.state.withLock { state in
                var statistics = state.statistics
                statistics.entries = state.store.count
                return sum + statistics
            }
        }
    }

    @inlinable
    func shard(of key: HashedKey<Key>) -> CacheShard<Key, Value> {
        shards[key.hash & mask]
    }
}

extension LocalCache {
    private enum Entry {
        case stored(Value)
        case joined(Flight<Value>, UInt64)
        case began(Flight<Value>, UInt64)
        case refused
    }

    @usableFromInline
    func loadOnce(
        _ key: HashedKey<Key>, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let shard = shard(of: key)
        let flight: Flight<Value>
        let id: UInt64
        switch enter(key, shard) {
        case .stored(let value): return value
        case .refused:
            throw CacheError(.overloaded, "\(configuration.maximumLoads) loads run already")
        case .joined(let joined, let place): (flight, id) = (joined, place)
        case .began(let begun, let place):
            (flight, id) = (begun, place)
            begun.setTask(Task { await self.run(begun, key, shard, timeToLive, load) })
        }
        return try await flight.wait(id) {
            // Nobody waits any more: whoever comes next begins anew.
            shard.state.withLock { state in
                if state.flights[key] === flight { state.flights[key] = nil }
            }
        }
    }

    private func enter(_ key: HashedKey<Key>, _ shard: CacheShard<Key, Value>) -> Entry {
        let now = configuration.time.now
        return shard.state.withLock { state in
            // Another load may have ended since the caller's lookup missed.
            if case .hit(let value) = state.store.lookUp(key, now: now) { return .stored(value) }
            if let flight = state.flights[key], let id = flight.reserve() { return .joined(flight, id) }
            let running = loads.wrappingAdd(1, ordering: .relaxed).newValue
            let flight = Flight<Value>()
            guard running <= configuration.maximumLoads, let id = flight.reserve() else {
                loads.wrappingSubtract(1, ordering: .relaxed)
                return .refused
            }
            state.flights[key] = flight
            state.statistics.loads &+= 1
            return .began(flight, id)
        }
    }

    private func run(
        _ flight: Flight<Value>, _ key: HashedKey<Key>, _ shard: CacheShard<Key, Value>, _ timeToLive: Duration?,
        _ load: @Sendable () async throws -> Value
    ) async {
        let result: Result<Value, any Error>
        do {
            result = .success(try await load())
        } catch {
            result = .failure(error)
        }
        loads.wrappingSubtract(1, ordering: .relaxed)
        let now = configuration.time.now
        shard.state.withLock { state in
            if case .failure = result { state.statistics.loadFailures &+= 1 }
            // Someone set or removed the key meanwhile, or everyone left: the value may be stale.
            guard state.flights[key] === flight else { return }
            state.flights[key] = nil
            if case .success(let value) = result {
                state.set(key, value, timeToLive: timeToLive, jitter: configuration.jitter, now: now)
            }
        }
        flight.finish(result)
    }
}
