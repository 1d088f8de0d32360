// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Testing

    /// What `BrokerConformance` has of this is checked there.
    @Suite("Who wants what, in Redis")
    struct RedisSubscriptionTests {
        private static let durable = ["--appendonly", "yes", "--appendfsync", "always"]

        /// A second process on the same server.
        private func withOther(
            _ fixture: RedisFixture, _ options: RedisQueueConfiguration = .init(),
            _ body: (RedisQueue) async throws -> Void
        ) async throws {
            let client = try fixture.server.client()
            defer { client.shutdown() }
            let store = try RedisQueue(
                client, configuration: .init(source: "/services/other"), options: options,
                clock: fixture.clock.queueClock())
            try await body(store)
        }

        @Test("is a hash with a field for each service and a line for each type, which goes with the last service")
        func layout() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.store.register(Subscription(service: "mails", types: ["b", "a"]))
                try await fixture.store.register(Subscription(service: "orders/2.x", types: ["c"]))
                let hash = try await fixture.redis("HGETALL {apus}:subscriptions").array ?? []
                #expect(hash.compactMap(\.string) == ["mails", "a\nb", "orders/2.x", "c"])
                try await fixture.store.register(Subscription(service: "mails", types: ["c"]))
                #expect(try await fixture.redis("HGET {apus}:subscriptions mails").string == "c")
                try await fixture.store.register(Subscription(service: "mails", types: []))
                #expect(
                    try await fixture.redis("HKEYS {apus}:subscriptions").array?.compactMap(\.string) == ["orders/2.x"])
                try await fixture.store.register(Subscription(service: "orders/2.x", types: []))
                #expect(try await fixture.redis("DBSIZE") == .integer(0))
            }
        }

        @Test("is seen by other processes at once, and changed by each of them")
        func shared() async throws {
            try await RedisFixture.run { fixture in
                try await withOther(fixture) { other in
                    try await fixture.store.register(Subscription(service: "mails", types: ["a"]))
                    try await other.register(Subscription(service: "orders", types: ["b"]))
                    let both: Set = [
                        Subscription(service: "mails", types: ["a"]), Subscription(service: "orders", types: ["b"]),
                    ]
                    #expect(Set(try await fixture.store.subscriptions()) == both)
                    #expect(Set(try await other.subscriptions()) == both)
                    try await other.register(Subscription(service: "mails", types: ["c"]))
                    try await fixture.store.register(Subscription(service: "orders", types: []))
                    #expect(try await fixture.store.subscriptions() == [Subscription(service: "mails", types: ["c"])])
                }
            }
        }

        @Test("belongs to one prefix: brokers with others on the same server know nothing of it")
        func prefixes() async throws {
            try await RedisFixture.run { fixture in
                try await withOther(fixture, .init(prefix: "test")) { other in
                    try await fixture.store.register(Subscription(service: "mails", types: ["a"]))
                    #expect(try await other.subscriptions().isEmpty)
                    try await other.register(Subscription(service: "mails", types: []))
                    #expect(try await fixture.store.subscriptions() == [Subscription(service: "mails", types: ["a"])])
                }
            }
        }

        @Test("survives the end of a server that writes it down")
        func restart() async throws {
            try await RedisFixture.run(Self.durable) { fixture in
                let wanted = Subscription(service: "größe/2", types: ["a", "b"])
                try await fixture.store.register(wanted)
                try await fixture.store.register(Subscription(service: "gone", types: ["a"]))
                try await fixture.store.register(Subscription(service: "gone", types: []))
                try await fixture.server.crash()
                try fixture.server.launch()
                try await fixture.server.answers()
                try await eventually("what was registered") {
                    do throws(MessagingError) {
                        return try await fixture.store.subscriptions() == [wanted]
                    } catch {
                        return false
                    }
                }
            }
        }

        @Test("registering calls those who wait for what nobody wanted, in this process and in others")
        func wakes() async throws {
            try await RedisFixture.run { fixture in
                try await withOther(fixture) { other in
                    let (here, there) = (Tally(), Tally())
                    let wakers = [
                        (fixture.store, fixture.store.wake(on: .unrouted) { here.increment() }),
                        (other, other.wake(on: .unrouted) { there.increment() }),
                    ]
                    try await eventually("both listen") {
                        try await fixture.redis("PUBSUB NUMSUB {apus}:wake:unrouted").array?.last == .integer(2)
                    }
                    // In vain: from now on it wants to be called.
                    #expect(try await other.claim(1, from: .unrouted, lease: .seconds(30)).isEmpty)
                    let before = (here.value, there.value)
                    try await fixture.store.register(Subscription(service: "mails", types: ["a"]))
                    try await eventually("both called") { here.value > before.0 && there.value > before.1 }
                    for (store, waker) in wakers { store.stopWaking(waker) }
                }
            }
        }

        @Test("Redis away: unavailable, typed; something else at its place: storage, typed; and well again after it")
        func failures() async throws {
            try await RedisFixture.run { fixture in
                let wanted = Subscription(service: "mails", types: ["a"])
                try await fixture.redis("SET {apus}:subscriptions odd")
                #expect(try await refusal { try await fixture.store.register(wanted) }.code == .storage)
                #expect(try await refusal { _ = try await fixture.store.subscriptions() }.code == .storage)
                try await fixture.redis("DEL {apus}:subscriptions")
                try await fixture.server.crash()
                #expect(try await refusal { try await fixture.store.register(wanted) }.code == .unavailable)
                #expect(try await refusal { _ = try await fixture.store.subscriptions() }.code == .unavailable)
                try fixture.server.launch()
                try await fixture.server.answers()
                try await eventually("registered") {
                    do throws(MessagingError) {
                        try await fixture.store.register(wanted)
                        return true
                    } catch {
                        return error.code != .unavailable
                    }
                }
                #expect(try await fixture.store.subscriptions() == [wanted])
            }
        }
    }
#endif
