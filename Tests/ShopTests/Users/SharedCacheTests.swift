// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusContract
    import ApusHTTP
    import ApusService
    import ApusTesting
    import NIOCore
    import Testing
    import UsersContract

    /// The shop with `REDIS_URL` on a real Redis.
    @Suite("Users with a shared cache")
    struct SharedCacheTests {
        @Test("a user is read from the cache, a change is seen at once, and Redis may go and come back meanwhile")
        func redis() async throws {
            let redis = try await RedisServer.start()
            defer { redis.stop() }
            try await RunningShop.with(environment: ["REDIS_URL": redis.url]) { shop in
                let id = try await shop.user().id
                try await readAndChange(id, "Ada King", in: shop)
                #expect(try await shop.metric("cache_remote_requests_total{outcome=\"miss\"}", of: "users") >= 1)
                #expect(try await shop.metric("cache_requests_total{outcome=\"hit\"}", of: "users") >= 1)
                try await redis.crash()
                try await readAndChange(id, "Ada Byron", in: shop)
                #expect(try await shop.metric("cache_remote_requests_total{outcome=\"error\"}", of: "users") >= 1)
                try redis.launch()
                try await redis.answers()
                try await eventually("removals have reached Redis") {
                    try await readAndChange(id, "Ada Lovelace", in: shop)
                    return try await shop.metric("cache_remote_pending_removals", of: "users") == 0
                }
            }
        }

        /// Who has the answer to a change never reads an older state.
        private func readAndChange(_ id: Int, _ name: String, in shop: RunningShop) async throws {
            for _ in 0..<3 { _ = try await shop.users.call(UsersAPI.getUser, ItemReference(id: id)) }
            _ = try await shop.users.call(
                UsersAPI.updateUser, ItemCondition(id: id), body: UserChanges(name: name))
            #expect(try await shop.users.call(UsersAPI.getUser, ItemReference(id: id)).name == name)
        }
    }

    extension RunningShop {
        /// The value of one series in `/metrics`.
        func metric(_ series: String, of service: String) async throws -> Double {
            let endpoint = try #require(services[service]?.endpoint)
            let response = try await http.send(HTTPRequest(.get, "/metrics"), to: endpoint)
            let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(series) ") }, "no \(series)")
            return try #require(Double(line.dropFirst(series.count + 1)))
        }
    }
#endif
