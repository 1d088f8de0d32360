// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// The memory level of the caches that take values of any type.
@usableFromInline
final class BoxCache: Sendable {
    @usableFromInline let storage: LocalCache<String, CacheBox>
    let mismatches = Atomic<Int>(0)

    init(_ configuration: CacheConfiguration) throws(InvalidConfiguration) {
        storage = try LocalCache(configuration)
    }

    /// A fresh value, or what is known instead.
    func get<Value: Sendable>(_ key: String, as type: Value.Type) -> Found<Value> {
        guard let box = storage.get(key) else { return .unknown }
        if box === CacheBox.nothing { return .nothing }
        return value(in: box, as: type).map { .value($0) } ?? .nothing
    }

    /// A fresh value of this type that isn't due for a refresh. A miss isn't counted: who asks goes on.
    @inlinable
    func hit<Value: Sendable>(_ key: String, as type: Value.Type) -> Value? {
        let hashed = HashedKey(key)
        return storage.shard(of: hashed).getFresh(hashed, now: storage.configuration.time.now)?.value(as: type)
    }

    /// - Parameter load: as that of `LocalCache.loadOnce`; ``CacheBox/nothing`` if there is nothing.
    func findOrLoad<Value: Sendable>(
        _ key: String, _ policy: CachePolicy, as type: Value.Type,
        load: @escaping @Sendable (_ isAhead: Bool) async throws -> Loaded<CacheBox>
    ) async throws -> Value? {
        let hashed = HashedKey(key)
        guard let box = storage.shard(of: hashed).getFresh(hashed, now: storage.configuration.time.now) else {
            return try await self.load(key, policy, load: load)
        }
        return try await unpacked(box, key, policy, load)
    }

    /// As ``findOrLoad(_:_:as:load:)`` for a key that was missed a moment ago.
    func load<Value: Sendable>(
        _ key: String, _ policy: CachePolicy,
        load: @escaping @Sendable (_ isAhead: Bool) async throws -> Loaded<CacheBox>
    ) async throws -> Value? {
        let box = try await storage.loadOnce(HashedKey(key), policy, load: load)
        if let value = box.value(as: Value.self) { return value }
        return try await unpacked(box, key, policy, load)
    }

    private func unpacked<Value: Sendable>(
        _ box: CacheBox, _ key: String, _ policy: CachePolicy,
        _ load: @escaping @Sendable (_ isAhead: Bool) async throws -> Loaded<CacheBox>
    ) async throws -> Value? {
        if box === CacheBox.nothing { return nil }
        if let value = value(in: box, as: Value.self) { return value }
        // Another type lives under this key: it gives way.
        let box = try await replace(key, policy, load) { $0 === CacheBox.nothing || $0.value(as: Value.self) != nil }
        return box.value(as: Value.self)
    }

    /// For who insists on a value where it is remembered that there is nothing; once, however many do.
    ///
    /// - Parameter load: always gives a value of this type.
    func loadAnyway<Value: Sendable>(
        _ key: String, _ policy: CachePolicy,
        load: @escaping @Sendable (_ isAhead: Bool) async throws -> Loaded<CacheBox>
    ) async throws -> Value? {
        try await replace(key, policy, load) { $0.value(as: Value.self) != nil }.value(as: Value.self)
    }

    /// Loads what is there in a form that isn't accepted.
    private func replace(
        _ key: String, _ policy: CachePolicy,
        _ load: @escaping @Sendable (_ isAhead: Bool) async throws -> Loaded<CacheBox>,
        unless accepts: @escaping @Sendable (CacheBox) -> Bool
    ) async throws -> CacheBox {
        let key = HashedKey(key)
        // The load that one joins may be of those who are content with the other form.
        for _ in 0..<3 {
            let box = try await storage.loadOnce(key, policy, accepting: accepts, load: load)
            if accepts(box) { return box }
        }
        return try await load(true).value
    }

    var statistics: CacheStatistics {
        var statistics = storage.statistics
        statistics.mismatches = mismatches.load(ordering: .relaxed)
        return statistics
    }

    private func value<Value: Sendable>(in box: CacheBox, as type: Value.Type) -> Value? {
        let value = box.value(as: type)
        if value == nil { mismatches.wrappingAdd(1, ordering: .relaxed) }
        return value
    }
}

/// What a lookup knows.
enum Found<Value: Sendable>: Sendable {
    case value(Value)
    /// That there is nothing, or nothing of this type.
    case nothing
    case unknown
}
