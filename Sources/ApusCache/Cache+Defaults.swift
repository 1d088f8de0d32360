// SPDX-License-Identifier: Apache-2.0

// What a cache does that keeps values only while they are fresh, without tags, and doesn't remember that there is nothing.
extension Cache {
    /// Stores `value` for the policy's time to live; never stale.
    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, policy: CachePolicy
    ) async throws(CacheError) {
        try requireNoTags(policy)
        try await set(key, value, timeToLive: policy.timeToLive)
    }

    /// Not possible.
    public func removeAll(tagged tag: String) async throws(CacheError) {
        throw CacheError(.unsupported, "this cache knows no tags")
    }

    /// Loads for the policy's time to live; never gives a stale value.
    public func getOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try requireNoTags(policy)
        return try await getOrLoad(key, timeToLive: policy.timeToLive, load: load)
    }

    /// Loads for the policy's time to live; that there is nothing isn't remembered.
    public func findOrLoad<Value: Codable & Sendable>(
        _ key: String, policy: CachePolicy, load: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value? {
        do {
            // The type is named, or else the optional itself would be what is stored.
            let found: Value = try await getOrLoad(key, policy: policy) {
                guard let value = try await load() else { throw NothingFound() }
                return value
            }
            return found
        } catch is NothingFound {
            return nil
        }
    }

    private func requireNoTags(_ policy: CachePolicy) throws(CacheError) {
        if !policy.tags.isEmpty { throw CacheError(.unsupported, "this cache knows no tags") }
    }
}

/// A load found nothing, which isn't to be stored.
private struct NothingFound: Error {}
