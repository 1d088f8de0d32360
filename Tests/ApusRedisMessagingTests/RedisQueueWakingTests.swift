// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Testing

    @Suite("Who waits for a queue in Redis")
    struct RedisQueueWakingTests {
        /// A second process on the same queue, with a clock that nobody moves.
        private func withOther(
            _ fixture: RedisFixture, _ body: (MessageQueue, ManualClock, Journal<Int>, QueueWorker) async throws -> Void
        ) async throws {
            let client = try fixture.server.client()
            defer { client.shutdown() }
            let clock = ManualClock()
            let store = try RedisQueue(
                client, configuration: .init(source: "/services/test"), clock: clock.queueClock())
            let queue = MessageQueue(store: store)
            let seen = Journal<Int>()
            try queue.subscribe(RedisFixture.job) { job, _ in seen.append(job.number) }
            let worker = try QueueWorker(queue: queue)
            let running = Task { try await worker.run() }
            try await eventually("an idle worker") {
                try await fixture.redis("GET {apus}:idle:local") != .null && clock.sleeperCount >= 2
            }
            try await eventually("that listens") {
                try await fixture.redis("PUBSUB NUMSUB {apus}:wake:local").array?.last == .integer(1)
            }
            try await body(queue, clock, seen, worker)
            running.cancel()
            try await eventually("the worker's end") {
                clock.advance(by: .milliseconds(100))
                return worker.inHand == 0 && clock.sleeperCount == 0
            }
            try await running.value
        }

        @Test(
            "a worker of another process is woken by what is published and what is redriven, without any clock moving")
        func woken() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([0])
                let claimed = try await fixture.claim()
                _ = try await fixture.store.settle(claimed[0], .dead(.rejected, error: "no"))
                try await withOther(fixture) { _, _, seen, _ in
                    for number in 1...5 {
                        try await fixture.publish([number])
                        try await eventually("what was published") { seen.entries == Array(1...number) }
                    }
                    let dead = try await fixture.queue.deadMessages()
                    #expect(try await fixture.queue.redrive(dead.map(\.position), in: .local) == 1)
                    try await eventually("what was redriven") { seen.entries.last == 0 }
                }
            }
        }

        @Test("what one process gives back is taken by another at once")
        func givenBack() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1])
                let claimed = try await fixture.claim()
                try await withOther(fixture) { _, _, seen, _ in
                    #expect(seen.entries.isEmpty)
                    #expect(try await fixture.store.settle(claimed[0], .giveBack(after: .zero)))
                    try await eventually("the message") { seen.entries == [1] }
                }
            }
        }

        @Test("an idle worker asks the server for nothing")
        func idle() async throws {
            try await RedisFixture.run { fixture in
                try await withOther(fixture) { _, _, _, _ in
                    func commands() async throws -> Int {
                        let info = try await fixture.redis("INFO stats").string ?? ""
                        let line = info.split(separator: "\r\n").first { $0.hasPrefix("total_commands_processed:") }
                        return line.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) } ?? 0
                    }
                    // What the worker has begun may still end in the first of these whiles.
                    try await eventually("a while in which the worker is idle") {
                        let before = try await commands()
                        for _ in 0..<100 { try await fixture.redis("PING") }
                        // Those, this one, and at most a sign of life on the subscribing connection.
                        return try await commands() - before <= 103
                    }
                }
            }
        }

        @Test("whoever lost its connection for hearing looks again when it is back")
        func reconnected() async throws {
            try await RedisFixture.run { fixture in
                try await withOther(fixture) { _, _, seen, _ in
                    try await fixture.redis("CLIENT KILL TYPE pubsub")
                    try await fixture.publish([1])
                    try await eventually("the message") { seen.entries == [1] }
                }
            }
        }

        @Test("nobody is called while nobody waits")
        func latch() async throws {
            try await RedisFixture.run { fixture in
                let subscription = try await fixture.client.subscribe(to: ["{apus}:wake:local", "end"])
                try await fixture.publish(0..<10)
                _ = try await fixture.claim()
                try await fixture.publish(0..<10)
                try await fixture.client.publish("end", [])
                var heard = 0
                for await event in subscription {
                    guard case .message(let message) = event, message.channel != "end" else { break }
                    heard += 1
                }
                // Once, after the claim that got fewer than it wanted.
                #expect(heard == 1)
            }
        }
    }
#endif
