// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Testing

    @Suite("A queue in Redis mends what others did to it")
    struct RedisQueueMendingTests {
        private static let stream = "{apus}:stream:local:4"

        @Test("a deleted stream is made anew and counted; what was in hand is refused, what comes next goes on")
        func streamDeleted() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish(0..<3)
                let lost = try await fixture.claim(1)
                try await fixture.redis("DEL \(Self.stream)")
                #expect(try await fixture.claim().isEmpty)
                #expect(fixture.store.counters.recreatedGroups == 1)
                try await fixture.publish([9])
                let claimed = try await fixture.claim()
                #expect(try claimed.map { try $0.number } == [9])
                #expect(try await fixture.store.settle(lost[0], .done) == false)
                #expect(try await fixture.store.extend(lost, by: .seconds(30)) == [false])
                #expect(try await fixture.store.settle(claimed[0], .done))
                #expect(try await fixture.statistics().depth == 0)
            }
        }

        @Test("publishing into a deleted stream makes it anew, and what was lost may be published again")
        func publishAfterDeletion() async throws {
            try await RedisFixture.run { fixture in
                let message = try fixture.queue.message(RedisFixture.Job(number: 1), as: RedisFixture.job, id: "same")
                #expect(try await fixture.queue.publish(message) == .stored)
                try await fixture.redis("DEL \(Self.stream)")
                try await fixture.publish([2])
                #expect(fixture.store.counters.recreatedGroups == 1)
                #expect(try await fixture.queue.publish(message) == .stored)
                #expect(try await fixture.claim().map { try $0.number } == [2, 1])
            }
        }

        @Test("a deleted group comes back with everything that isn't finished, and no token comes twice")
        func groupDeleted() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish(0..<4)
                let old = try await fixture.claim(2)
                _ = try await fixture.store.settle(old[0], .done)
                try await fixture.redis("XGROUP DESTROY \(Self.stream) workers")
                let new = try await fixture.claim()
                #expect(fixture.store.counters.recreatedGroups == 1)
                #expect(try new.map { try $0.number } == [1, 2, 3])
                #expect(new[0].position == old[1].position && new[0].token > old[1].token)
                #expect(try await fixture.store.settle(old[1], .done) == false)
                #expect(try await fixture.store.settle(new.map { SettledDelivery($0, .done) }) == [true, true, true])
                #expect(try await fixture.statistics().depth == 0)
            }
        }

        @Test("an entry deleted while in hand, or before, holds up nobody")
        func entryDeleted() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1, 2], .init(orderingKey: "a"))
                try await fixture.publish([3], .init(uniqueKey: "u"))
                let ids = try await fixture.redis("XRANGE \(Self.stream) - +").array?.compactMap { $0.array?[0].string }
                for id in ids ?? [] { try await fixture.redis("XDEL \(Self.stream) \(id)") }
                #expect(try await fixture.claim().isEmpty)
                #expect(
                    try await fixture.queue.publish(
                        RedisFixture.Job(number: 4), as: RedisFixture.job, .init(uniqueKey: "u")) == .duplicate)
                try await fixture.store.maintain(.local, lease: .seconds(30))
                #expect(fixture.store.counters.mended == 3)
                try await fixture.publish([5], .init(uniqueKey: "u"))
                let claimed = try await fixture.claim()
                #expect(try claimed.map { try $0.number } == [2, 5])
                try await fixture.redis(
                    "XDEL \(Self.stream) \(claimed[0].position.major)-\(claimed[0].position.minor / 10)")
                fixture.clock.advance(by: .seconds(31))
                #expect(try await fixture.claim().map { try $0.number } == [5])
                #expect(try await fixture.statistics().inHand == 1)
            }
        }

        @Test("what someone read by hand and never acknowledged comes back")
        func readByHand() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1])
                try await fixture.redis("XREADGROUP GROUP workers someone STREAMS \(Self.stream) >")
                #expect(try await fixture.claim().isEmpty)
                try await eventually("it is taken back") {
                    try await fixture.store.maintain(.local, lease: .milliseconds(1))
                    return fixture.store.counters.adopted == 1
                }
                #expect(try await fixture.claim().map { try $0.number } == [1])
                try await fixture.store.maintain(.local, lease: .milliseconds(1))
                #expect(fixture.store.counters.adopted == 1)
            }
        }

        @Test("an entry that is no message is dead, and can be looked at")
        func noMessage() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1])
                try await fixture.redis("XADD \(Self.stream) * event nonsense")
                try await fixture.redis("XADD \(Self.stream) * other field")
                try fixture.queue.subscribe(RedisFixture.job) { _, _ in }
                let worker = try QueueWorker(queue: fixture.queue, logger: RedisFixture.silence)
                let running = Task { try await worker.run() }
                try await eventually("the end") {
                    let statistics = try await fixture.statistics()
                    return statistics.depth == 0 && statistics.dead == 2
                }
                running.cancel()
                try await running.value
                let dead = try await fixture.queue.deadMessages()
                #expect(dead.map(\.reason) == [.unhandled, .unhandled])
                #expect(Set(dead.map(\.message.data)) == [Array("nonsense".utf8), []])
            }
        }

        @Test("a clock that was set back an hour delays no lease for an hour")
        func clockSetBack() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1])
                _ = try await fixture.store.claim(1, from: .local, lease: .seconds(3_600))
                try await fixture.store.maintain(.local, lease: .seconds(30))
                fixture.clock.advance(by: .seconds(31))
                #expect(try await fixture.claim().count == 1)
            }
        }
    }
#endif
