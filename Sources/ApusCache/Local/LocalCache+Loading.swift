// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

extension LocalCache {
    /// The value under `key`, or what `load` gives, which is stored for the configuration's time to live.
    ///
    /// - Throws: as ``getOrLoad(_:policy:load:)``.
    @inlinable
    public func getOrLoad(_ key: Key, load: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await getOrLoad(key, policy: CachePolicy(), load: load)
    }

    /// The value under `key`, or what `load` gives, which is stored for `timeToLive`, nil for ever.
    ///
    /// - Throws: as ``getOrLoad(_:policy:load:)``.
    @inlinable
    public func getOrLoad(
        _ key: Key, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await getOrLoad(key, policy: CachePolicy(timeToLive: timeToLive ?? .forever), load: load)
    }

    /// The value under `key`, loaded by `load` if it isn't there: once, however many ask at the same time.
    ///
    /// The load runs in a task of its own with the first caller's task-local values, but not with its deadline, which
    /// is not that of the others: its `CallContext` has one after the configuration's `loadTimeout` at the earliest. A
    /// caller who is cancelled, as a service does with a request that is out of time, leaves it to the others; it is
    /// cancelled when the last has gone, unless it is one in the background. A load that fails fails for everyone who
    /// waits, or gives everyone the old value, as the policy of who began it says; the failure isn't remembered. `load`
    /// must not ask for the same key.
    ///
    /// - Parameter policy: how long the value is kept, and whether older ones may be given.
    /// - Throws: what `load` throws; ``CacheError`` `overloaded` if too many loads run or too many wait;
    ///   `CancellationError`.
    @inlinable
    public func getOrLoad(
        _ key: Key, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let hashed = HashedKey(key)
        if let value = shard(of: hashed).getFresh(hashed, now: configuration.time.now) { return value }
        return try await loadOnce(hashed, policy) { _ in Loaded(try await load()) }
    }

    /// As ``getOrLoad(_:policy:load:)``, with what the load needs as a parameter, so that `load` captures nothing and a
    /// hit allocates nothing:
    /// ```swift
    /// let user = try await cache.getOrLoad(id, from: database) { database, id in try await database.user(id) }
    /// ```
    @inlinable
    public func getOrLoad<Source: Sendable>(
        _ key: Key, from source: Source, policy: CachePolicy = CachePolicy(),
        load: @escaping @Sendable (Source, Key) async throws -> Value
    ) async throws -> Value {
        let hashed = HashedKey(key)
        if let value = shard(of: hashed).getFresh(hashed, now: configuration.time.now) { return value }
        return try await loadOnce(hashed, policy) { _ in Loaded(try await load(source, key)) }
    }
}

extension LocalCache {
    private enum Entry {
        /// A value is there: fresh, or stale and allowed. A load in the background begins with it if there is one.
        case value(Value, begun: Flight<Value>?)
        /// Someone loads it already.
        case joined(Flight<Value>, UInt64)
        /// This caller begins.
        case began(Flight<Value>, UInt64)
        case refused(CacheError)
    }

    /// - Parameters:
    ///   - accepts: whether a value that is there will do; nil: each does.
    ///   - load: is told why it loads: true if a value is there and to be replaced, since it is due or isn't accepted.
    @usableFromInline
    func loadOnce(
        _ key: HashedKey<Key>, _ policy: CachePolicy, accepting accepts: (@Sendable (Value) -> Bool)? = nil,
        load: @escaping @Sendable (_ isAhead: Bool) async throws -> Loaded<Value>
    ) async throws -> Value {
        try Task.checkCancellation()
        let shard = shard(of: key)
        let flight: Flight<Value>
        let id: UInt64
        switch enter(key, shard, policy, accepts) {
        case .value(let value, let begun):
            if let begun {
                let isAhead = begun.isAhead
                withTimeOfItsOwn {
                    begun.setTask(
                        Task(executorPreference: configuration.executor?()) {
                            await self.run(begun, key, shard, isAhead: isAhead, load)
                        })
                }
            }
            return value
        case .refused(let error): throw error
        case .joined(let joined, let place): (flight, id) = (joined, place)
        case .began(let begun, let place):
            (flight, id) = (begun, place)
            // Immediately: a load that need not wait needs no other thread either.
            withTimeOfItsOwn {
                begun.setTask(
                    Task.immediate(executorPreference: configuration.executor?()) {
                        await self.run(begun, key, shard, isAhead: accepts != nil, load)
                    })
            }
        }
        return try await flight.wait(id) {
            // Nobody waits any more: whoever comes next begins anew.
            shard.state.withLock { state in
                if state.flights[key] === flight { state.flights[key] = nil }
            }
        }
    }

    private func enter(
        _ key: HashedKey<Key>, _ shard: CacheShard<Key, Value>, _ policy: CachePolicy,
        _ accepts: (@Sendable (Value) -> Bool)?
    ) -> Entry {
        let now = configuration.time.now
        return shard.state.withLock { state in
            switch state.store.lookUp(key, now: now) {
            case .hit(let value) where accepts?(value) == false, .due(let value) where accepts?(value) == false,
                .stale(let value, _) where accepts?(value) == false:
                state.statistics.misses &+= 1
            case .hit(let value):
                // Another load has ended since the caller's lookup missed.
                state.statistics.hits &+= 1
                return .value(value, begun: nil)
            case .due(let value):
                state.statistics.hits &+= 1
                return .value(value, begun: beginInBackground(key, policy, isAhead: true, &state))
            case .stale(let value, let times):
                state.statistics.misses &+= 1
                let age = times.expires.duration(to: now)
                if now < times.nextLoad, age < max(policy.staleIfError, policy.staleWhileRevalidate) {
                    // The source failed a moment ago.
                    state.statistics.staleServed &+= 1
                    return .value(value, begun: nil)
                }
                guard age < policy.staleWhileRevalidate else { break }
                state.statistics.staleServed &+= 1
                return .value(value, begun: beginInBackground(key, policy, isAhead: false, &state))
            case .missing:
                state.statistics.misses &+= 1
            }
            return joinOrBegin(key, policy, accepts, &state)
        }
    }

    private func joinOrBegin(
        _ key: HashedKey<Key>, _ policy: CachePolicy, _ accepts: (@Sendable (Value) -> Bool)?,
        _ state: inout CacheShard<Key, Value>.State
    ) -> Entry {
        if let flight = state.flights[key] {
            switch flight.reserve(limit: configuration.maximumWaiters) {
            case .place(let id):
                state.statistics.loadsJoined &+= 1
                return .joined(flight, id)
            case .full:
                state.statistics.refusals &+= 1
                return .refused(
                    CacheError(
                        .overloaded, "\(configuration.maximumWaiters) callers wait for this load already",
                        retryAfter: .seconds(1)))
            case .abandoned: break
            }
        }
        guard
            let flight = begin(key, policy, isBackground: false, isAhead: false, accepting: accepts, &state),
            case .place(let id) = flight.reserve(limit: configuration.maximumWaiters)
        else {
            state.statistics.refusals &+= 1
            return .refused(
                CacheError(
                    .overloaded, "\(configuration.maximumLoads) loads run already", retryAfter: .seconds(1)))
        }
        return .began(flight, id)
    }

    /// Nil if one runs already or no more may.
    private func beginInBackground(
        _ key: HashedKey<Key>, _ policy: CachePolicy, isAhead: Bool, _ state: inout CacheShard<Key, Value>.State
    ) -> Flight<Value>? {
        guard state.flights[key] == nil else { return nil }
        let flight = begin(key, policy, isBackground: true, isAhead: isAhead, &state)
        if flight == nil { state.statistics.refusals &+= 1 } else { state.statistics.refreshes &+= 1 }
        return flight
    }

    private func begin(
        _ key: HashedKey<Key>, _ policy: CachePolicy, isBackground: Bool, isAhead: Bool,
        accepting accepts: (@Sendable (Value) -> Bool)? = nil, _ state: inout CacheShard<Key, Value>.State
    ) -> Flight<Value>? {
        guard loads.wrappingAdd(1, ordering: .relaxed).newValue <= configuration.maximumLoads else {
            loads.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
        let flight = Flight<Value>(
            policy, isBackground: isBackground, isAhead: isAhead, tagRemovals: state.tagRemovals, accepts: accepts)
        state.flights[key] = flight
        state.statistics.loads &+= 1
        return flight
    }

    /// Lets a task be made whose deadline isn't only that of the caller.
    @inline(never)
    private func withTimeOfItsOwn(_ make: () -> Void) {
        guard var context = CallContext.current, let deadline = context.deadline else { return make() }
        context.deadline = max(deadline, Instant.now.advanced(by: configuration.loadTimeout))
        CallContext.$current.withValue(context, operation: make)
    }

    private func run(
        _ flight: Flight<Value>, _ key: HashedKey<Key>, _ shard: CacheShard<Key, Value>, isAhead: Bool,
        _ load: @Sendable (_ isAhead: Bool) async throws -> Loaded<Value>
    ) async {
        do {
            finish(flight, key, shard, .success(try await load(isAhead)))
        } catch {
            finish(flight, key, shard, .failure(error))
        }
    }

    // Not inlined: what it needs meanwhile would be part of the frame of every load.
    @inline(never)
    private func finish(
        _ flight: Flight<Value>, _ key: HashedKey<Key>, _ shard: CacheShard<Key, Value>,
        _ result: Result<Loaded<Value>, any Error>
    ) {
        let weight = if case .success(let loaded) = result { weigh?(key.key, loaded.value) ?? 1 } else { 1 }
        loads.wrappingSubtract(1, ordering: .relaxed)
        let now = configuration.time.now
        let outcome = shard.state.withLock { state -> Result<Value, any Error> in
            // If someone set or removed the key meanwhile, or everyone left, the value may be stale: it isn't stored.
            let isCurrent = state.flights[key] === flight
            if isCurrent { state.flights[key] = nil }
            switch result {
            case .success(let loaded):
                let policy = loaded.policy ?? flight.policy
                // A tag that only the value itself knew of: it may have been removed meanwhile.
                let isUncertain =
                    state.tagRemovals != flight.tagRemovals
                    && !policy.tags.allSatisfy(flight.policy.tags.contains)
                if isCurrent, !isUncertain {
                    state.set(key, loaded.value, weight: weight, policy, configuration, now: now)
                }
                return .success(loaded.value)
            case .failure(let error):
                state.statistics.loadFailures &+= 1
                guard isCurrent, let old = state.keepOld(key, flight, now: now) else { return .failure(error) }
                return .success(old)
            }
        }
        flight.finish(outcome)
    }
}

extension CacheShard.State {
    /// After a failed load: the old value if the policy allows it. The next load is put off in any case.
    fileprivate mutating func keepOld(_ key: HashedKey<Key>, _ flight: Flight<Value>, now: Instant) -> Value? {
        guard let (value, times) = store.peek(key), now < times.keptUntil, flight.accepts?(value) != false
        else { return nil }
        store.postponeLoad(of: key, until: now.advanced(by: max(.zero, flight.policy.retryAfterFailure)))
        if now < times.expires { return value }
        guard times.expires.duration(to: now) < flight.policy.staleIfError else { return nil }
        statistics.staleServed &+= flight.expected
        return value
    }
}
