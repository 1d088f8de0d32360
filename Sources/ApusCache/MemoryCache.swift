// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import Synchronization

/// ``Cache`` in the process: what a service uses while `REDIS_URL` is empty.
///
/// Values are kept as they are, not serialised. For one type of value on a hot path, ``LocalCache`` saves the calls
/// through the protocol.
public final class MemoryCache: Cache {
    /// A value of any type. Immutable, so it may cross tasks although it has a subclass.
    class Box: @unchecked Sendable {}
    /// A value of a known type.
    final class TypedBox<Value: Sendable>: Box, @unchecked Sendable {
        let value: Value

        init(_ value: Value) {
            self.value = value
        }
    }

    private let storage: LocalCache<String, Box>
    private let mismatches = Atomic<Int>(0)

    /// - Throws: what is out of range.
    public init(_ configuration: CacheConfiguration = .init()) throws(InvalidConfiguration) {
        storage = try LocalCache(configuration)
    }

    public func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value? {
        storage.get(key).flatMap { value(in: $0, as: type) }
    }

    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, timeToLive: Duration?
    ) async throws(CacheError) {
        storage.set(key, TypedBox(value), timeToLive: timeToLive ?? storage.configuration.timeToLive)
    }

    public func remove(_ key: String) async throws(CacheError) {
        storage.remove(key)
    }

    public func removeAll() async throws(CacheError) {
        storage.removeAll()
    }

    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let time = timeToLive ?? storage.configuration.timeToLive
        let box = try await storage.getOrLoad(key, timeToLive: time) { TypedBox(try await load()) }
        if let value = value(in: box, as: Value.self) { return value }
        // Another type lives under this key: it gives way, without the protection against many loads.
        let value = try await load()
        storage.set(key, TypedBox(value), timeToLive: time)
        return value
    }

    public var statistics: CacheStatistics {
        var statistics = storage.statistics
        let mismatches = mismatches.load(ordering: .relaxed)
        statistics.mismatches = mismatches
        return statistics
    }

    private func value<Value: Sendable>(in box: Box, as type: Value.Type) -> Value? {
        // The exact type is compared, so the cast needs no look at protocols or subclasses.
        guard Swift.type(of: box) == TypedBox<Value>.self else {
            mismatches.wrappingAdd(1, ordering: .relaxed)
            return nil
        }
        return unsafeDowncast(box, to: TypedBox<Value>.self).value
    }
}
