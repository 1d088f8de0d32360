// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusResilience
public import Logging
public import ServiceLifecycle

/// Works on what a broker holds for a service: tells the broker which types have handlers here, runs them, and takes what
/// was published before anybody wanted it.
public final class BrokerSubscriber: Service {
    private let queue: MessageQueue
    private let broker: any MessageBroker
    private let subscription: Subscription
    private let worker: QueueWorker
    private let router: QueueWorker
    private let logger: Logger

    /// - Parameters:
    ///   - queue: over `broker`, on the channel of `service`. Its handlers are those that it has now.
    ///   - random: spreads what is tried again.
    /// - Throws: what is out of range.
    public init(
        queue: MessageQueue, broker: any MessageBroker, service: String, configuration: WorkerConfiguration = .init(),
        logger: Logger = Logger(label: "apus.queue"), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        self.queue = queue
        self.broker = broker
        self.logger = logger
        let subscription = Subscription(service: service, types: queue.handledTypes)
        self.subscription = subscription
        var random = random
        worker = try QueueWorker(
            queue: queue, configuration: configuration, logger: logger, random: FastRandom(seed: random.next()))
        let publisher = BrokerPublisher(broker: broker)
        router = try QueueWorker(
            store: broker, channel: .unrouted, configuration: Self.routing, observer: queue.observer, logger: logger,
            random: FastRandom(seed: random.next())
        ) { delivery in
            let message = delivery.message
            guard try await publisher.publish(message, orKeep: false) else {
                let age = message.created.duration(to: broker.clock.date)
                guard age < Self.patience else { throw MessageRejected("nobody wanted it for \(Self.patience)") }
                let pause = min(max(age, .seconds(2)), .seconds(60))
                throw RetryLater(after: pause, countsAttempt: false, "nobody wants \(message.type) yet")
            }
        }
    }

    /// What nobody wants is looked at again as often as it is old, at least every minute; after so long it is dead.
    private static let patience = Duration.seconds(7 * 86_400)

    private static let routing = WorkerConfiguration(
        concurrency: 4, handlerTimeout: .seconds(10),
        retry: RetryPolicy(
            maximumAttempts: 1_000_000, backoff: Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .equal)))

    /// Works until graceful shutdown or cancellation, then drains. Waits for a broker that isn't there yet.
    public func run() async throws {
        let worker = worker
        let router = router
        let registration = Task(executorPreference: broker.clock.executor) { await self.register() }
        await withTaskCancellationOrGracefulShutdownHandler {
            await registration.value
        } onCancelOrGracefulShutdown: {
            registration.cancel()
        }
        guard !registration.isCancelled else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            group.addTask { try await router.run() }
            try await group.waitForAll()
        }
    }

    /// Tells the broker, again and again until it has heard.
    private func register() async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                return try await broker.register(subscription)
            } catch {
                queue.observer?.observe(.storageFailed(channel: queue.channel, error: "\(error)"))
                logger.warning(
                    "the broker can't be told what is wanted here; trying again", metadata: ["error": "\(error)"])
            }
            do {
                try await broker.clock.sleep(for: pause)
            } catch {
                return
            }
            pause = min(pause * 2, .seconds(5))
        }
    }
}
