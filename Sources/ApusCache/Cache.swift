// SPDX-License-Identifier: Apache-2.0
/// A cache of values by string keys (`user:42`), in the process (``MemoryCache``), on a server, or both
/// (``TieredCache``): one protocol, one conformance suite (`CacheConformance` in ApusTesting).
///
/// A cache may lose anything at any moment. A value found with another type or an older shape than asked for is a miss.
/// Every method may be called from any number of tasks.
public protocol Cache: Sendable {
    /// The value under `key` if it is fresh, or nil.
    ///
    /// - Throws: `unavailable`, `timeout`; callers go on without the cache then.
    func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value?

    /// Stores `value`; a load of the same key in progress will not overwrite it.
    ///
    /// - Parameter timeToLive: how long it may be used; nil for the cache's default. Zero or less stores nothing and
    ///   removes what is there.
    /// - Throws: `unavailable`, `timeout`, `encoding`.
    func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, timeToLive: Duration?
    ) async throws(CacheError)

    /// Stores `value` as `policy` says; a load of the same key in progress will not overwrite it.
    ///
    /// - Throws: `unavailable`, `timeout`, `encoding`; `unsupported` if the policy has tags and the cache knows none.
    func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, policy: CachePolicy
    ) async throws(CacheError)

    /// Removes what is under `key`; a load of it in progress will not be stored.
    ///
    /// - Throws: `unavailable`, `timeout`.
    func remove(_ key: String) async throws(CacheError)

    /// Removes everything that was stored with `tag`; no load in progress whose policy has it will be stored.
    ///
    /// - Throws: `unavailable`, `timeout`, `unsupported`.
    func removeAll(tagged tag: String) async throws(CacheError)

    /// Removes everything.
    ///
    /// - Throws: `unavailable`, `timeout`.
    func removeAll() async throws(CacheError)

    /// The value under `key`, loaded by `load` if it isn't there: once, however many ask at the same time.
    ///
    /// A caller who is cancelled leaves the load to the others; it is cancelled when the last has gone. A load that fails
    /// fails for everyone who waits for it and isn't remembered. `load` must not ask for the same key.
    ///
    /// - Throws: what `load` throws; `overloaded` if too many loads run; `CancellationError`.
    func getOrLoad<Value: Codable & Sendable>(
        _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value

    /// As ``getOrLoad(_:timeToLive:load:)``; the policy may allow stale values, at once or if the load fails.
    ///
    /// - Throws: as that one; `unsupported` if the policy has tags and the cache knows none.
    func getOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value

    /// As ``getOrLoad(_:policy:load:)`` for what may not exist: that `load` gave nil is remembered for the policy's
    /// `negativeTimeToLive`. `get` finds nothing then.
    func findOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value?

    /// What was counted so far.
    var statistics: CacheStatistics { get }
}

extension Cache {
    /// The value under `key`, or nil.
    @inlinable
    public func get<Value: Codable & Sendable>(_ key: String) async throws(CacheError) -> Value? {
        try await get(key, as: Value.self)
    }

    /// Stores `value` for the cache's default time.
    @inlinable
    public func set<Value: Codable & Sendable>(_ key: String, _ value: Value) async throws(CacheError) {
        try await set(key, value, timeToLive: nil)
    }

    /// ``getOrLoad(_:timeToLive:load:)`` with the cache's default time.
    @inlinable
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await getOrLoad(key, timeToLive: nil, load: load)
    }
}
