// SPDX-License-Identifier: Apache-2.0
public import ApusCache

/// What every `Cache` promises. Each check gets an empty cache with room for at least 1,000 entries.
public enum CacheConformance {
    struct User: Codable, Sendable, Equatable {
        var id: Int
        var name: String
    }
    struct LoadFailed: Error {}

    /// All checks.
    public static let checks: [ConformanceCheck<any Cache>] = storage + loading

    static let storage: [ConformanceCheck<any Cache>] = [
        .init("A value comes back under its key, and nothing under another") { cache in
            let user = User(id: 1, name: "Ada")
            try await cache.set("user:1", user)
            try require(try await cache.get("user:1"), is: user, "the value")
            try require(try await cache.get("user:2", as: User.self), is: nil, "another key")
        },
        .init("set replaces, remove removes, removeAll removes all") { cache in
            try await cache.set("a", 1)
            try await cache.set("a", 2)
            try await cache.set("b", 3)
            try require(try await cache.get("a"), is: 2, "replaced")
            try await cache.remove("a")
            try require(try await cache.get("a", as: Int.self), is: nil, "removed")
            try await cache.removeAll()
            try require(try await cache.get("b", as: Int.self), is: nil, "removed with all")
        },
        .init("A value of another type is a miss") { cache in
            try await cache.set("a", "text")
            try require(try await cache.get("a", as: User.self), is: nil, "another type")
            try require(cache.statistics.mismatches, is: 1, "mismatches")
            let user = try await cache.getOrLoad("a") { User(id: 1, name: "Ada") }
            try require(user.id, is: 1, "loaded over another type")
            try require(try await cache.get("a"), is: user, "stored over another type")
        },
        .init("A time to live of zero stores nothing") { cache in
            try await cache.set("a", 1)
            try await cache.set("a", 2, timeToLive: .zero)
            try require(try await cache.get("a", as: Int.self), is: nil, "stored for no time")
        },
        .init("Hits, misses and loads are counted") { cache in
            let before = cache.statistics
            _ = try await cache.get("a", as: Int.self)
            _ = try await cache.getOrLoad("a") { 1 }
            _ = try await cache.get("a", as: Int.self)
            try require(cache.statistics.hits - before.hits, is: 1, "hits")
            try require(cache.statistics.misses - before.misses, is: 2, "misses")
            try require(cache.statistics.loads - before.loads, is: 1, "loads")
        },
    ]
}
