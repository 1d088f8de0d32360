// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusResilience
public import Logging
public import ServiceLifecycle

/// Works on what a broker holds for a service: tells the broker which types have handlers here, runs them, and takes what
/// was published before anybody wanted it.
///
/// A broker that has forgotten who wants what, since its data were lost, is told again.
public final class BrokerSubscriber: Service {
    private let queue: MessageQueue
    private let broker: any MessageBroker
    private let subscription: Subscription
    private let worker: QueueWorker
    private let router: QueueWorker
    private let interval: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - queue: over `broker`, on the channel of `service`. Its handlers are those that it has now.
    ///   - random: spreads what is tried again.
    ///   - interval: how often it looks whether the broker still knows. Default: 30 s.
    /// - Throws: what is out of range, an interval of zero among it.
    public init(
        queue: MessageQueue, broker: any MessageBroker, service: String, configuration: WorkerConfiguration = .init(),
        logger: Logger = Logger(label: "apus.queue"), random: FastRandom = FastRandom(),
        registersEvery interval: Duration = .seconds(30)
    ) throws(InvalidConfiguration) {
        guard interval > .zero else {
            throw InvalidConfiguration([
                ConfigurationProblem("registersEvery", "must be above zero, is \(interval)")
            ])
        }
        self.interval = interval
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
            guard try await publisher.publish(message, orKeep: false) == .delivered else {
                let age = message.created.duration(to: broker.clock.date)
                guard age < Self.patience else { throw MessageRejected("nobody wanted it for \(Self.patience)") }
                let pause = min(max(age, .seconds(2)), Self.longestPause)
                throw RetryLater(after: pause, countsAttempt: false, "nobody wants \(message.type) yet")
            }
        }
    }

    /// What nobody wants is looked at again whenever it is twice as old, at least so often; and after the patience it is
    /// dead. However many wait, the broker has little to do for them.
    private static let longestPause = Duration.seconds(15 * 60)
    private static let patience = Duration.seconds(7 * 86_400)

    private static let routing = WorkerConfiguration(
        concurrency: 4, handlerTimeout: .seconds(10),
        retry: RetryPolicy(
            maximumAttempts: 1_000_000, backoff: Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .equal)))

    /// Works until graceful shutdown or cancellation, then drains. Waits for a broker that isn't there yet.
    public func run() async throws {
        let worker = worker
        let router = router
        await untilTheEnd { await self.register(self.subscription) }
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            group.addTask { try await router.run() }
            group.addTask { await self.untilTheEnd { await self.remind() } }
            try await group.waitForAll()
        }
    }

    /// Runs `body`, which is cancelled on graceful shutdown, too.
    private func untilTheEnd(_ body: @escaping @Sendable () async -> Void) async {
        let task = Task(executorPreference: broker.clock.executor) { await body() }
        await withTaskCancellationOrGracefulShutdownHandler {
            await task.value
        } onCancelOrGracefulShutdown: {
            task.cancel()
        }
    }

    /// Tells the broker, again and again until it has heard.
    private func register(_ subscription: Subscription) async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                return try await broker.register(subscription)
            } catch {
                if Task.isCancelled { return }
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

    /// Looks now and then whether the broker still knows what is wanted here. What it knows beyond that is left: an
    /// instance of another version wants it.
    private func remind() async {
        while !Task.isCancelled {
            do {
                try await broker.clock.sleep(for: interval)
                let known = try await broker.subscriptions().first { $0.service == subscription.service }?.types ?? []
                guard !known.isSuperset(of: subscription.types) else { continue }
                logger.warning("the broker has forgotten what is wanted here; it is told again")
                await register(Subscription(service: subscription.service, types: known.union(subscription.types)))
            } catch {
                // The broker is away: its workers say so. Or it is the end.
                continue
            }
        }
    }
}
