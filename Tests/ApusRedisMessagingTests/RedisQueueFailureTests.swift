// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Testing

    @Suite("A queue in Redis when Redis isn't well")
    struct RedisQueueFailureTests {
        private static let durable = ["--appendonly", "yes", "--appendfsync", "always"]

        private func queue(_ client: RedisClient, capacity: Int = 100_000) throws -> MessageQueue {
            MessageQueue(
                store: try RedisQueue(client, configuration: .init(source: "/services/test", capacity: capacity)))
        }

        @Test("down at the start: refused at once as unavailable, and taken when it is there")
        func downAtStart() async throws {
            try await withServer { server in
                try await server.crash()
                let client = try server.client { $0.commandTimeout = .milliseconds(500) }
                defer { client.shutdown() }
                let queue = try queue(client)
                let job = RedisFixture.Job(number: 1)
                let store = queue.store
                let codes = [
                    try await refusal { try await queue.publish(job, as: RedisFixture.job) }.code,
                    try await refusal { _ = try await store.nextDue(in: .local) }.code,
                    try await refusal { _ = try await store.claim(1, from: .local, lease: .seconds(30)) }.code,
                    try await refusal { _ = try await store.statistics() }.code,
                    try await refusal { _ = try await queue.deadMessages(in: .local) }.code,
                    try await refusal { try await store.maintain(.local, lease: .seconds(30)) }.code,
                ]
                #expect(Set(codes) == [.unavailable])
                try server.launch()
                try await server.answers()
                try await eventually("it is stored") {
                    do throws(MessagingError) {
                        return try await queue.publish(job, as: RedisFixture.job, id: "one") == .stored
                    } catch {
                        return error.code != .unavailable
                    }
                }
            }
        }

        @Test("a wrong password is unavailable, typed, and isn't repeated")
        func wrongPassword() async throws {
            try await withServer(["--requirepass", "right-one"]) { server in
                let client = try server.client { $0.credentials = RedisCredentials(password: "wrong-one") }
                defer { client.shutdown() }
                let queue = try queue(client)
                let refused = try await refusal {
                    try await queue.publish(RedisFixture.Job(number: 1), as: RedisFixture.job)
                }
                #expect(refused.code == .unavailable && !"\(refused)".contains("-one"))
            }
        }

        @Test("full memory is overloaded, with nothing stored of a batch, and what is there can be worked on")
        func memoryFull() async throws {
            try await withRedis(["--maxmemory", "4mb"]) { _, client in
                let queue = try queue(client)
                let text = String(repeating: "x", count: 10_000)
                var stored = 0
                var refused: MessagingError?
                while refused == nil, stored < 1_000 {
                    let batch = try (0..<2).map { _ in
                        try queue.message(["text": text], as: MessageType<[String: String]>("text"))
                    }
                    do throws(MessagingError) {
                        stored += try await queue.publish(all: batch).count
                    } catch {
                        refused = error
                    }
                }
                #expect(refused?.code == .overloaded && refused?.retryAfter != nil)
                #expect(try await queue.statistics()[.local]?.depth == stored)
                let claimed = try await queue.store.claim(10, from: .local, lease: .seconds(30))
                #expect(claimed.count == 10)
                #expect(try await queue.store.settle(claimed.map { SettledDelivery($0, .done) }).allSatisfy { $0 })
            }
        }

        @Test("a server that stands still holds nobody longer than twice the timeout")
        func standsStill() async throws {
            try await withRedis(configure: { $0.commandTimeout = .seconds(1) }) { server, client in
                let queue = try queue(client)
                try await eventually("a first message") {
                    do throws(MessagingError) {
                        return try await queue.publish(RedisFixture.Job(number: 0), as: RedisFixture.job) == .stored
                    } catch {
                        return false
                    }
                }
                server.pause()
                defer { server.resume() }
                let began = ContinuousClock.now
                let codes = await withTaskGroup(of: MessagingError.Code?.self) { group in
                    for number in 0..<5_000 {
                        group.addTask {
                            do throws(MessagingError) {
                                try await queue.publish(RedisFixture.Job(number: number), as: RedisFixture.job)
                                return nil
                            } catch {
                                return error.code
                            }
                        }
                    }
                    return await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(codes == [.unavailable])
                // Far less than it takes to try all of them.
                #expect(began.duration(to: .now) < .seconds(6))
            }
        }

        @Test("killed and started again under load: what was acknowledged is handled")
        func killedUnderLoad() async throws {
            try await withRedis(Self.durable, configure: { $0.commandTimeout = .seconds(2) }) { server, client in
                let queue = try queue(client)
                let handled = Journal<Int>()
                let acknowledged = Journal<Int>()
                try queue.subscribe(RedisFixture.job) { job, _ in handled.append(job.number) }
                let worker = try QueueWorker(
                    queue: queue, configuration: RedisFixture.impatient,
                    logger: RedisFixture.silence)
                let working = Task { try await worker.run() }
                let publishers = (0..<8).map { publisher in
                    Task {
                        var number = publisher
                        while !Task.isCancelled {
                            do throws(MessagingError) {
                                try await queue.publish(RedisFixture.Job(number: number), as: RedisFixture.job)
                                acknowledged.append(number)
                            } catch {
                                // Not acknowledged: it may be there or not.
                            }
                            number += 8
                        }
                    }
                }
                for round in 1...3 {
                    try await eventually("load") { acknowledged.entries.count >= round * 200 }
                    try await server.crash()
                    try server.launch()
                    try await server.answers()
                }
                for publisher in publishers { publisher.cancel() }
                for publisher in publishers { await publisher.value }
                try await eventually("everything is handled", within: .seconds(30)) {
                    do throws(MessagingError) {
                        return try await queue.statistics()[.local]?.depth ?? 0 == 0
                    } catch {
                        return false
                    }
                }
                working.cancel()
                try await working.value
                #expect(Set(handled.entries).isSuperset(of: acknowledged.entries))
                #expect(try await queue.deadMessages().isEmpty)
            }
        }
    }
#endif
