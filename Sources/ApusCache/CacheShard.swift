// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// One of the locks of a cache, and what lies behind it.
@usableFromInline
final class CacheShard<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline
    struct State: Sendable {
        @usableFromInline var store: SieveStore<Key, Value>
        @usableFromInline var flights: [HashedKey<Key>: Flight<Value>] = [:]
        @usableFromInline var statistics = CacheStatistics()
        @usableFromInline var random: FastRandom

        @inlinable
        init(capacity: Int, seed: UInt64) {
            store = SieveStore(capacity: capacity)
            random = FastRandom(seed: seed)
        }
    }

    @usableFromInline let state: Mutex<State>

    @inlinable
    init(capacity: Int, seed: UInt64) {
        state = Mutex(State(capacity: capacity, seed: seed))
    }

    @inlinable
    func get(_ key: HashedKey<Key>, now: Instant) -> Value? {
        state.withLock { state in
            switch state.store.lookUp(key, now: now) {
            case .hit(let value):
                state.statistics.hits &+= 1
                return value
            case .expired:
                state.statistics.misses &+= 1
                state.statistics.expirations &+= 1
                return nil
            case .missing:
                state.statistics.misses &+= 1
                return nil
            }
        }
    }
}

extension CacheShard.State {
    /// Stores, with the time to live shortened by chance; nothing if it isn't above zero.
    @inlinable
    mutating func set(_ key: HashedKey<Key>, _ value: Value, timeToLive: Duration?, jitter: Double, now: Instant) {
        var expires = Instant.distantFuture
        if let timeToLive {
            guard timeToLive > .zero else {
                store.remove(key)
                return
            }
            let part = jitter > 0 ? 1 - jitter * Double.random(in: 0..<1, using: &random) : 1
            let nanoseconds = Int64(exactly: (Double(timeToLive.nanoseconds) * part).rounded()) ?? .max
            expires = now.advanced(by: .nanoseconds(max(1, nanoseconds)))
        }
        if store.set(key, value, expires: expires, now: now) { statistics.evictions &+= 1 }
    }
}
