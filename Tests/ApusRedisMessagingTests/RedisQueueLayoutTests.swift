// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Testing

    @Suite("What an operator sees of a queue in Redis")
    struct RedisQueueLayoutTests {
        private static let stream = "{apus}:stream:local:4"

        @Test(
            "the length of the stream is what isn't finished, the group's lag what nobody had, pending what is in hand")
        func streams() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish(0..<5)
                let claimed = try await fixture.claim(2)
                #expect(try await fixture.store.settle(claimed[0], .done))
                #expect(try await fixture.redis("XLEN \(Self.stream)") == .integer(4))
                let groups = try await fixture.redis("XINFO GROUPS \(Self.stream)").array ?? []
                #expect(groups.count == 1 && groups[0]["name"]?.string == "workers")
                #expect(groups[0]["pending"] == .integer(1) && groups[0]["lag"] == .integer(3))
                let pending = try await fixture.redis("XPENDING \(Self.stream) workers - + 10").array?.first?.array
                #expect(pending?[1].string == fixture.store.name)
                #expect(fixture.store.name.hasPrefix("/services/test "))
                #expect(try await fixture.redis("SMEMBERS {apus}:channels").array?.map(\.string) == ["local"])
            }
        }

        @Test("every key lies in the slot of the queue's prefix, and queues of two prefixes don't meet")
        func prefixes() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1], .init(delay: .seconds(1)))
                try await fixture.publish([2, 3], .init(orderingKey: "a"))
                try await fixture.publish([4], .init(uniqueKey: "b"))
                let claimed = try await fixture.claim()
                _ = try await fixture.store.settle(claimed[0], .dead(.rejected, error: "no"))
                let keys = try await fixture.redis("KEYS *").array?.compactMap(\.string) ?? []
                #expect(keys.count > 8 && keys.allSatisfy { $0.hasPrefix("{apus}:") })
                let other = try RedisQueue(
                    fixture.client, configuration: fixture.store.configuration, options: .init(prefix: "other"),
                    clock: fixture.clock.queueClock())
                #expect(try await other.statistics().isEmpty)
                #expect(try await other.claim(10, from: .local, lease: .seconds(30)).isEmpty)
            }
        }

        @Test("what is finished leaves nothing but its name, and the name goes when its time is over")
        func nothingLeft() async throws {
            try await RedisFixture.run { fixture in
                for number in 0..<10 {
                    let options = PublishOptions(
                        delay: .milliseconds(number * 10), orderingKey: "key \(number % 3)", uniqueKey: "job \(number)")
                    let message = try fixture.queue.message(RedisFixture.Job(number: number), as: RedisFixture.job)
                    try await fixture.queue.publish(message, options)
                }
                for _ in 0..<20 {
                    fixture.clock.advance(by: .milliseconds(50))
                    let claimed = try await fixture.claim()
                    _ = try await fixture.store.settle(claimed.map { SettledDelivery($0, .done) })
                }
                #expect(try await fixture.redis("ZCARD {apus}:seen:local") == .integer(10))
                fixture.clock.advance(by: .seconds(3_600))
                try await fixture.store.maintain(.local, lease: .seconds(30))
                let keys = try await fixture.redis("KEYS *").array?.compactMap(\.string) ?? []
                #expect(
                    Set(keys) == [
                        "{apus}:channels", "{apus}:priorities:local", Self.stream, "{apus}:parkings:local",
                        "{apus}:idle:local",
                    ])
                #expect(try await fixture.redis("XLEN \(Self.stream)") == .integer(0))
            }
        }

        @Test(
            "a server whose settings lose messages is told of",
            arguments: [
                (["--appendonly", "no"], 1), (["--appendonly", "yes", "--appendfsync", "everysec"], 1),
                (["--appendonly", "yes", "--appendfsync", "always"], 0),
                (["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"], 1),
            ])
        func serverProblems(options: [String], problems: Int) async throws {
            try await RedisFixture.run(options) { fixture in
                let found = try await fixture.store.serverProblems()
                #expect(found.count == problems)
            }
        }

        @Test("a configuration that can't work is refused, every problem of it")
        func configuration() async throws {
            try await withServer { server in
                let client = try server.client()
                defer { client.shutdown() }
                #expect(throws: (any Error).self) {
                    try RedisQueue(
                        client, configuration: .init(source: ""), options: .init(prefix: "{a}", maximumPending: 0))
                }
                let problems = RedisQueueConfiguration(prefix: "", maximumPending: 0, maximumPendingBytes: 1).validate()
                #expect(problems.map(\.key) == ["prefix", "maximumPending", "maximumPendingBytes"])
            }
        }
    }
#endif
