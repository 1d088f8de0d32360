// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCache
    import ApusCore
    import ApusTesting
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("The health of the second level on Redis")
    struct RedisCacheHealthTests {
        private let time = Duration.seconds(5)
        private let item = CacheStoreItem(bytes: [1], timeToLive: nil)

        /// The code that the check throws; nil if it throws none.
        private func check(_ store: RedisCacheStore) async -> String? {
            do throws(CacheError) {
                try await store.check(within: time)
                return nil
            } catch {
                return error.codeName
            }
        }

        @Test("a full server is degraded, though it answers, and for a while after")
        func full() async throws {
            try await withServer { server in
                let clock = ManualClock()
                let client = try RedisClient(server.configuration(), group: .singleton, time: clock.timeSource)
                let store = try RedisCacheStore(client)
                try await store.write("a", item, within: time)
                #expect(await check(store) == nil)
                try await client.command("CONFIG", "SET", "maxmemory", "1")
                await #expect(throws: CacheError.self) { try await store.write("a", item, within: time) }
                #expect(try await store.read("a", tags: [], within: time).item != nil)
                #expect(await check(store) == "full")
                #expect(!store.health.isOK)
                clock.advance(by: .seconds(29))
                #expect(await check(store) == "full")
                clock.advance(by: .seconds(1))
                #expect(await check(store) == nil)
                #expect(store.health == .ok)
                client.shutdown()
            }
        }

        @Test("a user who may not write is degraded")
        func forbidden() async throws {
            try await withRedis { server, client in
                try await client.command(
                    "ACL", "SETUSER", "reader", "on", ">secret", "~*", "&*", "+@read", "+ping", "-@write")
                let user = RedisCredentials(user: "reader", password: "secret")
                let other = try RedisClient(server.configuration(user), group: .singleton)
                defer { other.shutdown() }
                let store = try RedisCacheStore(other)
                #expect(await check(store) == nil)
                let error = await #expect(throws: CacheError.self) { try await store.write("a", item, within: time) }
                #expect(error?.code == .refused)
                #expect(await check(store) == "refused")
            }
        }

        @Test("a wrong password and a server that isn't there are told apart, and the password isn't told")
        func reasons() async throws {
            try await withServer(["--requirepass", "right"]) { server in
                let wrong = RedisCredentials(password: "hunter2")
                let client = try RedisClient(server.configuration(wrong), group: .singleton)
                defer { client.shutdown() }
                let store = try RedisCacheStore(client)
                let error = await #expect(throws: CacheError.self) { try await store.check(within: time) }
                #expect(error?.codeName == "authentication_failed")
                #expect(error?.message.contains("WRONGPASS") == true && error?.message.contains("hunter2") == false)
            }
            let nowhere = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
            #expect(await check(try RedisCacheStore(nowhere)) == "connect_failed")
            nowhere.shutdown()
        }

        @Test("a server that refuses because it reads its data says so")
        func loading() async throws {
            let error = RedisError.server(RedisServerError(reply: "LOADING Redis is loading the dataset in memory"))
            #expect(error.codeName == "server LOADING")
            #expect(RedisError.closed.codeName == "closed")
        }

        @Test("calls that come too late are trouble if they are many in a short time")
        func slow() {
            var trouble = RedisCacheTrouble()
            var now = Instant(nanoseconds: 0)
            let late = CacheError(.timeout, "late")
            for _ in 0..<100 {
                trouble.note(late, now: now)
                now = now.advanced(by: .milliseconds(1_200))
            }
            #expect(trouble.error(now: now) == nil)
            now = now.advanced(by: .seconds(10))
            for _ in 0..<9 { trouble.note(late, now: now) }
            #expect(trouble.error(now: now) == nil)
            trouble.note(late, now: now.advanced(by: .seconds(9)))
            #expect(trouble.error(now: now.advanced(by: .seconds(38)))?.code == .timeout)
            #expect(trouble.error(now: now.advanced(by: .seconds(39))) == nil)
        }
    }
#endif
