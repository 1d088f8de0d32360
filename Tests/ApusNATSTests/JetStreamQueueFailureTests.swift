// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusCore
    import ApusMessaging
    import ApusResilience
    import ApusTesting
    import Foundation
    import Logging
    import Testing

    @testable import ApusNATS

    @Suite("The queue in JetStream when things go wrong", .serialized)
    struct JetStreamQueueFailureTests {
        private static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
        private static let channel = Channel.local
        private static let job = MessageType<Int>("job")

        @Test("a broker that is killed and started again under load loses nothing that was accepted")
        func restarted() async throws {
            try await withQueue(lease: .seconds(1)) { server, store in
                let seen = Journal<Int>()
                let accepted = Journal<Int>()
                try await working(store, { seen.append($0) }) {
                    let publisher = Task {
                        var number = 0
                        while !Task.isCancelled {
                            number += 1
                            do {
                                try await store.append([.numbered(number, Self.channel)])
                                accepted.append(number)
                            } catch {
                                // Not accepted. It may have been stored.
                                await Task.yield()
                            }
                        }
                    }
                    for round in 1...3 {
                        let already = accepted.entries.count
                        try await eventually("load in round \(round)") { accepted.entries.count > already + 100 }
                        try await server.crash()
                        try server.launch()
                        try await server.answers()
                    }
                    let already = accepted.entries.count
                    try await eventually("load at the end") { accepted.entries.count > already + 100 }
                    publisher.cancel()
                    await publisher.value
                    try await eventually("everything handled", within: .seconds(30)) {
                        Set(seen.entries).isSuperset(of: accepted.entries)
                    }
                }
                #expect(store.client.statistics.lostConnections >= 3)
            }
        }

        @Test("a broker that is down at start: refused, typed, and all is well when it comes")
        func downAtStart() async throws {
            try await withServer(isStarted: false) { server in
                let store = try server.queue()
                let seen = Journal<Int>()
                try await working(store, { seen.append($0) }) {
                    let error = try await rejection { () throws(MessagingError) in
                        try await store.append([.numbered(1, Self.channel)])
                    }
                    #expect(error.code == .unavailable)
                    try server.launch()
                    try await eventually("accepted") {
                        do throws(MessagingError) {
                            try await store.append([.numbered(1, Self.channel)])
                            return true
                        } catch {
                            return false
                        }
                    }
                    try await eventually("handled", within: .seconds(30)) { seen.entries == [1] }
                }
            }
        }

        @Test("wrong credentials: refused, typed, without the secret")
        func credentials() async throws {
            try await withServer(["--user", "ada", "--pass", "lovelace"]) { server in
                let client = try NATSClient(server.configuration(NATSCredentials(user: "ada", password: "hunter2")))
                let store = try JetStreamQueue(client: client, configuration: .init(queue: .init(source: "/s")))
                for error in [
                    try await rejection { () throws(MessagingError) in
                        try await store.append([.numbered(1, Self.channel)])
                    },
                    try await rejection { () throws(MessagingError) in
                        try await store.claim(1, from: Self.channel, lease: .seconds(1))
                    },
                    try await rejection { () throws(MessagingError) in try await store.subscriptions() },
                ] {
                    #expect(error.code == .unavailable && "\(error)".contains("refused the user"))
                    #expect(!"\(error)".contains("hunter2"))
                }
            }
        }

        @Test("a stream removed under us: the call that finds out says so, the next one makes it again")
        func removed() async throws {
            try await withQueue { _, store in
                try await store.append([.numbered(1, Self.channel)])
                let lost = try await store.claimed(from: Self.channel)
                try await store.client.removeStream(store.layout.live)
                let error = try await rejection { () throws(MessagingError) in
                    try await store.append([.numbered(2, Self.channel)])
                }
                #expect(error.code == .storage && error.message.contains("removed") && error.retryAfter != nil)
                try await store.append([.numbered(3, Self.channel)])
                // It has the number that the lost one had.
                let next = try await store.claimed(from: Self.channel)
                #expect(next.number == 3 && next.position.major == lost.position.major)
                #expect(try await store.settle(lost, .done) == false)
                #expect(try await store.settle(next, .done))
            }
        }

        @Test("a stream removed under a worker: it goes on with what comes then")
        func removedUnderWorker() async throws {
            try await withQueue { _, store in
                let seen = Journal<Int>()
                try await working(store, { seen.append($0) }) {
                    try await store.append([.numbered(1, Self.channel)])
                    try await eventually("handled") { seen.entries == [1] }
                    try await store.client.removeStream(store.layout.live)
                    try await eventually("accepted again") {
                        do throws(MessagingError) {
                            return try await store.append([.numbered(2, Self.channel)]) == [.stored]
                        } catch {
                            return false
                        }
                    }
                    try await eventually("handled after it", within: .seconds(30)) { seen.entries == [1, 2] }
                }
            }
        }

        @Test("a consumer removed under us: workers find out and go on")
        func consumerRemoved() async throws {
            try await withQueue { _, store in
                let seen = Journal<Int>()
                try await working(store, { seen.append($0) }) {
                    try await store.append([.numbered(1, Self.channel)])
                    try await eventually("handled") { seen.entries == [1] }
                    try await store.client.removeConsumer(
                        store.layout.consumer(of: Self.channel), of: store.layout.live)
                    try await store.append([.numbered(2, Self.channel)])
                    try await eventually("handled after it", within: .seconds(30)) { seen.entries == [1, 2] }
                }
            }
        }

        @Test("what the server doesn't take is refused, typed, beside what it takes")
        func tooLarge() async throws {
            try await withQueue { _, store in
                let large = Message(
                    id: "large", type: "job", source: "/s", created: Date(timeIntervalSince1970: 0),
                    data: [UInt8](repeating: UInt8(ascii: "1"), count: 2 << 20))
                let error = try await rejection { () throws(MessagingError) in
                    try await store.append([
                        .numbered(1, Self.channel),
                        QueueEntry(channel: Self.channel, message: large, document: large.cloudEvent),
                    ])
                }
                #expect(error.code == .tooLarge)
                #expect(try await store.claim(10, from: Self.channel, lease: .seconds(10)).map(\.number) == [1])
            }
        }

        @Test("after a restart of the server, ids that it still holds are known")
        func rememberedByServer() async throws {
            try await withQueue { server, store in
                try await store.append([.numbered(1, Self.channel)])
                try await server.crash()
                try server.launch()
                try await eventually("known") {
                    do throws(MessagingError) {
                        return try await store.append([.numbered(1, Self.channel)]) == [.duplicate]
                    } catch {
                        return false
                    }
                }
            }
        }

        @Test("an idle worker asks the server for nothing but to wait, and is woken by another process at once")
        func idle() async throws {
            try await withQueue(lease: .seconds(30)) { server, store in
                let other = try server.queue(lease: .seconds(30))
                let seen = Journal<Int>()
                try await working(store, lease: .seconds(30), poll: .seconds(60), { seen.append($0) }) {
                    try await eventually("the worker waits at the server") {
                        let name = store.layout.consumer(of: Self.channel)
                        do throws(NATSError) {
                            return try await other.client.consumerState(name, of: store.layout.live).pulls == 1
                        } catch {
                            return false
                        }
                    }
                    let requests = store.client.statistics.requests
                    let began = Instant.now
                    try await eventually("a while") { began.duration(to: .now) > .milliseconds(1_500) }
                    #expect(store.client.statistics.requests == requests)
                    for number in 1...20 {
                        try await other.append([.numbered(number, Self.channel)])
                        try await eventually("message \(number)", within: .seconds(2)) { seen.entries.count == number }
                    }
                }
            }
        }

        @Test("services over one broker: each subscriber gets what it wants, and what nobody wanted waits for one")
        func services() async throws {
            try await withQueue { server, broker in
                let publisher = MessageQueue(
                    store: try MemoryQueueStore(configuration: .init(source: "/services/orders")), routing: .broker)
                let relay = try BrokerRelay(queue: publisher, broker: broker, logger: Self.silence)
                let relaying = Task { try await relay.run() }
                try await publisher.publish(1, as: Self.job)
                try await eventually("unrouted") {
                    try await broker.statistics()[.unrouted]?.waiting == 1
                }
                let seen = Journal<String>()
                let running = try ["mail", "stock"].map { service in
                    let store = try server.queue()
                    let queue = MessageQueue(store: store, channel: .service(service))
                    try queue.subscribe(Self.job) { number, _ in seen.append("\(service) \(number)") }
                    let subscriber = try BrokerSubscriber(
                        queue: queue, broker: store, service: service, logger: Self.silence)
                    return Task { try await subscriber.run() }
                }
                try await eventually("two subscribers") { try await broker.subscriptions().count == 2 }
                let began = Instant.now
                try await eventually("known to the publisher") { began.duration(to: .now) > .milliseconds(1_100) }
                try await publisher.publish(2, as: Self.job)
                try await eventually("both have it") {
                    Set(seen.entries).isSuperset(of: ["mail 2", "stock 2"])
                }
                try await eventually("the earlier one has come", within: .seconds(30)) {
                    seen.entries.contains { $0.hasSuffix(" 1") }
                }
                for task in running + [relaying] { task.cancel() }
                for task in running + [relaying] { _ = await task.result }
            }
        }

        /// Runs a worker of the queue while `body` runs.
        private func working(
            _ store: JetStreamQueue, lease: Duration = .seconds(1), poll: Duration = .seconds(1),
            _ handle: @escaping @Sendable (Int) -> Void, _ body: () async throws -> Void
        ) async throws {
            let worker = try QueueWorker(
                store: store, channel: Self.channel,
                configuration: WorkerConfiguration(
                    concurrency: 8, lease: lease,
                    retry: RetryPolicy(backoff: Backoff(base: .milliseconds(50), maximum: .milliseconds(200))),
                    pollInterval: poll, drainTimeout: .seconds(5)),
                logger: Self.silence
            ) { delivery in handle(delivery.number) }
            let running = Task { try await worker.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            running.cancel()
            try await running.value
            try result.get()
        }
    }
#endif
