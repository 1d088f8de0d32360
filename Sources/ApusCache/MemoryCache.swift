// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// ``Cache`` in the process: what a service uses while `REDIS_URL` is empty.
///
/// Values are kept as they are, not serialised. For one type of value on a hot path, ``LocalCache`` saves the calls
/// through the protocol.
public final class MemoryCache: Cache {
    @usableFromInline let boxes: BoxCache

    /// An empty cache.
    ///
    /// - Throws: what is out of range.
    public init(_ configuration: CacheConfiguration = .init()) throws(InvalidConfiguration) {
        boxes = try BoxCache(configuration)
    }

    public func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value? {
        guard case .value(let value) = boxes.get(key, as: type) else { return nil }
        return value
    }

    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, timeToLive: Duration?
    ) async throws(CacheError) {
        boxes.storage.set(key, TypedBox(value), CachePolicy(timeToLive: timeToLive))
    }

    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, policy: CachePolicy
    ) async throws(CacheError) {
        boxes.storage.set(key, TypedBox(value), policy)
    }

    public func remove(_ key: String) async throws(CacheError) {
        boxes.storage.remove(key)
    }

    public func removeAll(tagged tag: String) async throws(CacheError) {
        boxes.storage.removeAll(tagged: tag)
    }

    public func removeAll() async throws(CacheError) {
        boxes.storage.removeAll()
    }

    /// As `getOrLoad(_:timeToLive:load:)` with the configuration's time to live.
    @inlinable
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if let value = boxes.hit(key, as: Value.self) { return value }
        return try await loaded(key, policy: CachePolicy(), load: load)
    }

    // Inlinable, so that a hit is compiled for the type of the value: in generic form its metadata costs more than the hit.
    @inlinable
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if let value = boxes.hit(key, as: Value.self) { return value }
        return try await loaded(key, policy: CachePolicy(timeToLive: timeToLive), load: load)
    }

    @inlinable
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // First without a closure, which would be an allocation.
        if let value = boxes.hit(key, as: Value.self) { return value }
        return try await loaded(key, policy: policy, load: load)
    }

    @usableFromInline
    func loaded<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let boxed: @Sendable (Bool) async throws -> Loaded<CacheBox> = { _ in Loaded(TypedBox(try await load())) }
        if let found = try await boxes.findOrLoad(key, policy, as: Value.self, load: boxed) { return found }
        if let loaded: Value = try await boxes.loadAnyway(key, policy, load: boxed) { return loaded }
        return try await load()
    }

    public func findOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value? {
        try await boxes.findOrLoad(key, policy, as: Value.self) { _ in
            guard let value = try await load() else { return Loaded(CacheBox.nothing, policy: policy.forNothing) }
            return Loaded(TypedBox(value))
        }
    }

    public var statistics: CacheStatistics { boxes.statistics }
}
