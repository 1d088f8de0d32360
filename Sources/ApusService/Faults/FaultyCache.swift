// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusResilience
import ApusRuntime

/// A cache to whose calls is done what a fault injector is armed for: `cache` as target, `get`, `set`, `remove` or `load`
/// as operation.
///
/// An abort and a dropped connection are a cache that can't be reached. A load goes on without it then, as it does when a
/// real one is down.
struct FaultyCache: Cache {
    let cache: any Cache
    let injector: FaultInjector

    var statistics: CacheStatistics { cache.statistics }

    func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value? {
        try await inject("get") { () throws(CacheError) in try await cache.get(key, as: type) }
    }

    func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, timeToLive: Duration?
    ) async throws(CacheError) {
        try await inject("set") { () throws(CacheError) in
            try await cache.set(key, value, timeToLive: timeToLive)
        }
    }

    func set<Value: Codable & Sendable>(_ key: String, _ value: Value, policy: CachePolicy) async throws(CacheError) {
        try await inject("set") { () throws(CacheError) in try await cache.set(key, value, policy: policy) }
    }

    func remove(_ key: String) async throws(CacheError) {
        try await inject("remove") { () throws(CacheError) in try await cache.remove(key) }
    }

    func removeAll(tagged tag: String) async throws(CacheError) {
        try await inject("remove") { () throws(CacheError) in try await cache.removeAll(tagged: tag) }
    }

    func removeAll() async throws(CacheError) {
        try await inject("remove") { () throws(CacheError) in try await cache.removeAll() }
    }

    func getOrLoad<Value: Codable & Sendable>(
        _ key: String, timeToLive: Duration?, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard try await isReachable() else { return try await load() }
        return try await cache.getOrLoad(key, timeToLive: timeToLive, load: load)
    }

    func getOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard try await isReachable() else { return try await load() }
        return try await cache.getOrLoad(key, policy: policy, load: load)
    }

    func findOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value? {
        guard try await isReachable() else { return try await load() }
        return try await cache.findOrLoad(key, policy: policy, load: load)
    }

    private func inject<Value>(
        _ operation: String, _ work: () async throws(CacheError) -> Value
    ) async throws(CacheError) -> Value {
        try await injector.inject(
            into: FaultCall(target: FaultTarget.cache, operation: operation),
            failing: { CacheError($0.code == .deadlineExceeded ? .timeout : .unavailable, $0.message) }, work)
    }

    /// Whether a load may ask the cache.
    ///
    /// - Throws: if the time is up, or the task cancelled, during an injected latency.
    private func isReachable() async throws -> Bool {
        do {
            try await inject("load") { () throws(CacheError) in }
            return true
        } catch {
            try Task.checkCancellation()
            if error.code == .timeout { throw error }
            return false
        }
    }
}
