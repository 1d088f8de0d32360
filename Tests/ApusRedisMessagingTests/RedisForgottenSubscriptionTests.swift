// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Testing

    @Suite("A Redis that forgets everything (FLUSHALL) under services that share it")
    struct RedisForgottenSubscriptionTests {
        /// Ahead of the system's clock, by which the client judges the deadlines of relays and routers.
        private let clock = ManualClock(startingAt: .now.advanced(by: .seconds(3_600)))

        @Test(
            "is told again what is wanted when its time has come: what was published since is handled once, and goes on so"
        )
        func flushed() async throws {
            try await RedisFixture.run(clock: clock) { fixture in
                let seen = Journal<Int>()
                let handler = MessageQueue(store: fixture.store, channel: .service("mails"))
                try handler.subscribe(RedisFixture.job) { job, _ in seen.append(job.number) }
                let subscriber = try BrokerSubscriber(
                    queue: handler, broker: fixture.store, service: "mails", logger: RedisFixture.silence,
                    registersEvery: .seconds(20))
                try await publishing(fixture) { outbox in
                    let running = Task { try await subscriber.run() }
                    try await eventually("the subscription") { try await fixture.store.subscriptions().count == 1 }
                    let registered = clock.now
                    try await outbox.publish(RedisFixture.Job(number: 1), as: RedisFixture.job)
                    try await eventually("the first") { seen.entries == [1] }

                    try await fixture.redis("FLUSHALL")
                    // Publishers know for a second what they have read.
                    clock.advance(by: .seconds(2))
                    for number in 2...5 {
                        try await outbox.publish(RedisFixture.Job(number: number), as: RedisFixture.job)
                    }
                    try await eventually("what nobody wants, as it seems") {
                        try await fixture.store.statistics()[.unrouted]?.depth == 4
                    }
                    #expect(seen.entries == [1])
                    #expect(try await fixture.store.subscriptions().isEmpty)

                    try await eventually("the subscription again") {
                        clock.advance(by: .milliseconds(100))
                        return try await !fixture.store.subscriptions().isEmpty
                    }
                    let passed = registered.duration(to: clock.now)
                    #expect(passed >= .seconds(20))
                    #expect(
                        try await fixture.store.subscriptions() == [Subscription(service: "mails", types: ["job"])])
                    try await eventually("what waited") {
                        clock.advance(by: .milliseconds(100))
                        return seen.entries.count >= 5
                    }
                    for number in 6...9 {
                        try await outbox.publish(RedisFixture.Job(number: number), as: RedisFixture.job)
                    }
                    try await eventually("what is published now") {
                        clock.advance(by: .milliseconds(100))
                        guard seen.entries.count >= 9 else { return false }
                        return try await fixture.store.statistics().isEmpty
                    }
                    #expect(seen.entries.sorted() == Array(1...9))
                    running.cancel()
                    try await running.value
                }
            }
        }

        @Test("keeps what instances of other versions have registered since, and takes nothing away from them")
        func otherVersions() async throws {
            try await RedisFixture.run(clock: clock) { fixture in
                let handler = MessageQueue(store: fixture.store, channel: .service("mails"))
                try handler.subscribe(RedisFixture.job) { _, _ in }
                let subscriber = try BrokerSubscriber(
                    queue: handler, broker: fixture.store, service: "mails", logger: RedisFixture.silence,
                    registersEvery: .seconds(20))
                let running = Task { try await subscriber.run() }
                try await eventually("the subscription") { try await fixture.store.subscriptions().count == 1 }
                try await fixture.redis("FLUSHALL")
                try await fixture.store.register(Subscription(service: "mails", types: ["note"]))
                try await fixture.store.register(Subscription(service: "orders", types: ["note"]))
                try await eventually("both versions") {
                    clock.advance(by: .milliseconds(500))
                    return try await Set(fixture.store.subscriptions()) == [
                        Subscription(service: "mails", types: ["job", "note"]),
                        Subscription(service: "orders", types: ["note"]),
                    ]
                }
                running.cancel()
                try await running.value
            }
        }

        /// Runs the relay of another service, over a client of its own, while `body` runs.
        private func publishing(_ fixture: RedisFixture, _ body: (MessageQueue) async throws -> Void) async throws {
            let client = try fixture.server.client()
            defer { client.shutdown() }
            let broker = try RedisQueue(
                client, configuration: .init(source: "/services/users"), clock: clock.queueClock())
            let outbox = MessageQueue(
                store: try MemoryQueueStore(
                    configuration: .init(source: "/services/users"), clock: clock.queueClock()),
                routing: .broker)
            let relay = try BrokerRelay(queue: outbox, broker: broker, logger: RedisFixture.silence)
            let running = Task { try await relay.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(outbox))
            } catch {
                result = .failure(error)
            }
            running.cancel()
            try await running.value
            try result.get()
        }
    }
#endif
