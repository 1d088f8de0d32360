// SPDX-License-Identifier: Apache-2.0
public import ApusCache

extension CacheConformance {
    /// What caches promise that know tags, stale values and that there is nothing. Those that don't have the defaults of
    /// `Cache`, and pass ``checks`` only.
    public static let policies: [ConformanceCheck<any Cache>] = [
        .init("A tag removes what was stored with it, and nothing else") { cache in
            try await cache.set("a", 1, policy: CachePolicy(tags: ["x", "y"]))
            try await cache.set("b", 2, policy: CachePolicy(tags: ["y"]))
            _ = try await cache.getOrLoad("c", policy: CachePolicy(tags: ["x"])) { 3 }
            try await cache.set("d", 4)
            try await cache.removeAll(tagged: "x")
            try require(try await cache.get("a", as: Int.self), is: nil, "a, tagged x and y")
            try require(try await cache.get("b"), is: 2, "b, tagged y")
            try require(try await cache.get("c", as: Int.self), is: nil, "c, tagged x")
            try require(try await cache.get("d"), is: 4, "d, without a tag")
        },
        .init("Removal by a tag during a load isn't overwritten by it") { cache in
            let gate = Gate()
            let loader = Task {
                try await cache.getOrLoad("a", policy: CachePolicy(tags: ["x"])) {
                    await gate.wait()
                    return "stale"
                }
            }
            await gate.reached()
            try await cache.removeAll(tagged: "x")
            gate.open()
            _ = try await loader.value
            try require(try await cache.get("a", as: String.self), is: nil, "what is stored")
        },
        .init("That there is nothing is remembered if the policy says so") { cache in
            let loads = Tally()
            func find(_ policy: CachePolicy) async throws -> User? {
                try await cache.findOrLoad("a", policy: policy) {
                    loads.increment()
                    return nil
                }
            }
            try require(try await find(CachePolicy()), is: nil, "nothing")
            try require(try await find(CachePolicy(negativeTimeToLive: .seconds(60))), is: nil, "nothing")
            try require(loads.value, is: 2, "loads before it is remembered")
            try require(try await find(CachePolicy(negativeTimeToLive: .seconds(60))), is: nil, "nothing")
            try require(loads.value, is: 2, "loads after")
            try require(try await cache.get("a", as: User.self), is: nil, "what get finds")
            let user = User(id: 1, name: "Ada")
            try require(try await cache.getOrLoad("a") { user }, is: user, "what who insists gets")
            try await cache.set("a", user)
            try require(try await find(CachePolicy()), is: user, "after it was set")
        },
        .init("What findOrLoad found is what get finds") { cache in
            let user = User(id: 1, name: "Ada")
            try require(try await cache.findOrLoad("a", policy: CachePolicy()) { user }, is: user, "found")
            try require(try await cache.get("a"), is: user, "stored")
        },
        .init("A failed load is told if nothing older may be given") { cache in
            do {
                _ = try await cache.getOrLoad("a", policy: CachePolicy(staleIfError: .seconds(60))) {
                    () async throws -> Int in throw LoadFailed()
                }
                throw ConformanceFailure("a value of a failed load")
            } catch is LoadFailed {}
        },
    ]
}
