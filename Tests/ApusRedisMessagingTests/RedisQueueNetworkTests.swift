// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusTesting
    import RedisTestSupport
    import Synchronization
    import Testing

    @Suite("A queue in Redis over a network that is cut at random")
    struct RedisQueueNetworkTests {
        @Test(
            "what is published until it is acknowledged is stored once and handled, whatever is cut in between",
            arguments: [1, 2] as [UInt64])
        func cut(seed: UInt64) async throws {
            try await withServer { server in
                let proxy = try FaultProxy(
                    to: .unix(path: server.socket), faults: .init(cutAfter: 1_000...20_000), seed: seed)
                defer { proxy.stop() }
                let client = try server.client {
                    $0.endpoint = .tcp(host: "127.0.0.1", port: proxy.port)
                    $0.commandTimeout = .seconds(2)
                }
                defer { client.shutdown() }
                let queue = MessageQueue(
                    store: try RedisQueue(client, configuration: .init(source: "/services/test")))
                let places = Mutex<[Int: Set<QueuePosition>]>([:])
                try queue.subscribe(RedisFixture.job) { job, delivery in
                    places.withLock { _ = $0[job.number, default: []].insert(delivery.position) }
                }
                let worker = try QueueWorker(
                    queue: queue, configuration: RedisFixture.impatient,
                    logger: RedisFixture.silence)
                let working = Task { try await worker.run() }
                await withTaskGroup(of: Void.self) { group in
                    for publisher in 0..<8 {
                        group.addTask {
                            for number in 0..<50 { await publish(publisher * 50 + number, in: queue) }
                        }
                    }
                }
                #expect(proxy.statistics.cut >= 5, "seed \(seed)")
                proxy.faults = .init()
                proxy.cutAll()
                try await eventually("everything is handled", within: .seconds(30)) {
                    do throws(MessagingError) {
                        return try await queue.statistics()[.local]?.depth ?? 0 == 0
                    } catch {
                        return false
                    }
                }
                working.cancel()
                try await working.value
                let found = places.withLock { $0 }
                #expect(found.keys.sorted() == Array(0..<400), "seed \(seed)")
                #expect(found.allSatisfy { $0.value.count == 1 }, "seed \(seed)")
            }
        }

        /// Publishes with an id of its own until the store has it.
        private func publish(_ number: Int, in queue: MessageQueue) async {
            while true {
                do throws(MessagingError) {
                    try await queue.publish(.init(number: number), as: RedisFixture.job, id: "\(number)")
                    return
                } catch {
                    // Again, whether it is there or not.
                }
            }
        }
    }
#endif
