// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedis
    import ApusRedisMessaging
    import ApusResilience
    import ApusTesting
    import Logging
    import RedisTestSupport

    /// A queue on a Redis server of its own, with a clock moved by hand.
    struct RedisFixture {
        struct Job: Codable, Sendable, Equatable {
            var number: Int
        }

        static let job = MessageType<Job>("job")

        /// What expected failures would fill the output with.
        static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }

        /// Of workers whose store fails now and then: short leases, and short pauses after a failure.
        static let impatient = WorkerConfiguration(
            lease: .seconds(1),
            retry: RetryPolicy(
                backoff: Backoff(base: .milliseconds(10), maximum: .milliseconds(200), jitter: .equal)),
            pollInterval: .milliseconds(200))

        let server: RedisServer
        let client: RedisClient
        let clock: ManualClock
        let store: RedisQueue
        let queue: MessageQueue

        /// Runs `body` with one, then ends all.
        static func run(
            _ options: [String] = [], clock: ManualClock = ManualClock(),
            configuration: QueueConfiguration = .init(source: "/services/test", capacity: 5_000),
            redis configure: (inout RedisConfiguration) -> Void = { _ in },
            _ body: (RedisFixture) async throws -> Void
        ) async throws {
            try await withRedis(options, configure: configure) { server, client in
                let store = try RedisQueue(client, configuration: configuration, clock: clock.queueClock())
                try await body(
                    RedisFixture(
                        server: server, client: client, clock: clock, store: store, queue: MessageQueue(store: store)))
            }
        }

        /// Publishes jobs with these numbers, one after the other.
        func publish(_ numbers: some Sequence<Int>, _ options: PublishOptions = .init()) async throws {
            for number in numbers { try await queue.publish(Job(number: number), as: Self.job, options) }
        }

        func claim(_ limit: Int = 100, lease: Duration = .seconds(30)) async throws -> [Delivery] {
            try await store.claim(limit, from: .local, lease: lease)
        }

        func statistics() async throws -> QueueStatistics {
            try await store.statistics()[.local] ?? QueueStatistics()
        }

        /// Sends a command of these words, as an operator does.
        @discardableResult
        func redis(_ words: String) async throws -> RedisValue {
            let words = words.split(separator: " ").map(String.init)
            return try await client.send(RedisCommand(words[0], words.dropFirst().map { .string($0) }))
        }
    }

    extension Delivery {
        /// The number of a job.
        var number: Int {
            get throws { try RedisFixture.job.decode(message.data).number }
        }
    }

    /// The error that `body` throws.
    func refusal(_ body: () async throws -> Void) async throws -> MessagingError {
        do {
            try await body()
        } catch let error as MessagingError {
            return error
        }
        throw ConformanceFailure("no error was thrown")
    }

    extension RedisValue {
        /// An array of names and values by name.
        subscript(name: String) -> RedisValue? {
            guard let words = array, let index = words.firstIndex(where: { $0.string == name }) else { return nil }
            return words[index + 1]
        }
    }
#endif
