// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// One of the locks of a cache, and what lies behind it.
@usableFromInline
final class CacheShard<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline
    struct State: Sendable {
        @usableFromInline var store: TinyLFUStore<Key, Value>
        @usableFromInline var flights: [HashedKey<Key>: Flight<Value>] = [:]
        @usableFromInline var statistics = CacheStatistics()
        @usableFromInline var random: FastRandom
        /// Changes with whatever was set or removed here: who fills the cache with what it read before must not.
        @usableFromInline var generation: UInt64 = 0
        /// How often something was removed by a tag.
        var tagRemovals: UInt64 = 0

        @inlinable
        init(capacity: Int, seed: UInt64, isAdaptive: Bool) {
            store = TinyLFUStore(capacity: capacity, isAdaptive: isAdaptive)
            random = FastRandom(seed: seed)
        }
    }

    @usableFromInline let state: Mutex<State>

    @inlinable
    init(capacity: Int, seed: UInt64, isAdaptive: Bool) {
        state = Mutex(State(capacity: capacity, seed: seed, isAdaptive: isAdaptive))
    }

    @inlinable
    func get(_ key: HashedKey<Key>, now: Instant) -> Value? {
        state.withLock { state in
            switch state.store.lookUp(key, now: now) {
            case .hit(let value), .due(let value):
                state.statistics.hits &+= 1
                return value
            case .stale, .missing:
                state.statistics.misses &+= 1
                return nil
            }
        }
    }

    /// As ``get(_:now:)``, but also nil, and then not counted, if there is more to do than to give the value.
    @inlinable
    func getFresh(_ key: HashedKey<Key>, now: Instant) -> Value? {
        state.withLock { state in
            guard case .hit(let value) = state.store.lookUp(key, now: now) else { return nil }
            state.statistics.hits &+= 1
            return value
        }
    }
}

extension CacheShard.State {
    /// Stores by the policy, with the time to live shortened by chance; removes if it isn't above zero.
    @inlinable
    mutating func set(
        _ key: HashedKey<Key>, _ value: Value, weight: Int, _ policy: CachePolicy, _ configuration: CacheConfiguration,
        now: Instant
    ) {
        let timeToLive = policy.timeToLive ?? configuration.timeToLive ?? .forever
        guard timeToLive > .zero else {
            store.remove(key)
            return
        }
        let jitter = configuration.jitter
        let shortened = jitter > 0 ? jitter * Double.random(in: 0..<1, using: &random) : 0
        store.set(
            key, value, weight: weight,
            times: EntryTimes(policy, timeToLive: timeToLive, shortened: shortened, now: now), tags: policy.tags,
            now: now)
    }

    /// Forgets the key, and what is being loaded for it.
    @inlinable
    mutating func remove(_ key: HashedKey<Key>) {
        generation &+= 1
        flights[key] = nil
        if store.remove(key) { statistics.removals &+= 1 }
    }

    @usableFromInline
    mutating func removeAll(tagged tag: String) {
        generation &+= 1
        tagRemovals &+= 1
        flights = flights.filter { !$0.value.policy.tags.contains(tag) }
        statistics.removals &+= store.removeAll(tagged: tag)
    }

    @usableFromInline
    mutating func removeAll() {
        generation &+= 1
        flights.removeAll()
        statistics.removals &+= store.count
        store.removeAll()
    }
}
