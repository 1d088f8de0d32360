// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusResilience
public import Logging
public import ServiceLifecycle

/// Delivers what the queue holds for other services, without a broker between: at least once, each service by a worker of
/// its own, so that one that is down holds nobody else's messages.
///
/// While a service fails, its whole channel pauses, longer and longer, and one message at a time finds out whether it is
/// back. Messages keep their order unless one is rejected or tried again.
public final class Relay: Service {
    private let workers: [QueueWorker]

    /// A relay for the services that the queue has subscriptions of at this moment, or those that are named.
    ///
    /// - Parameter random: spreads what is tried again.
    /// - Throws: what is out of range.
    public init(
        queue: MessageQueue, services: [String]? = nil, transport: any RelayTransport,
        configuration: WorkerConfiguration = Relay.defaults,
        logger: Logger = Logger(label: "apus.relay"), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        var workers: [QueueWorker] = []
        var random = random
        for service in services ?? queue.routing.services {
            workers.append(
                try QueueWorker(
                    store: queue.store, channel: .service(service), configuration: configuration,
                    observer: queue.observer,
                    logger: logger, random: FastRandom(seed: random.next())
                ) { delivery in
                    try await transport.send(delivery.message, to: service)
                })
        }
        self.workers = workers
    }

    /// Four deliveries at a time to each service, ten seconds each; tried for seven days, with pauses of at most 30 s. What
    /// a process had in hand that ended goes on five seconds later.
    public static let defaults = WorkerConfiguration(
        concurrency: 4, lease: .seconds(5), handlerTimeout: .seconds(10),
        retry: RetryPolicy(
            maximumAttempts: 1_000_000, maximumAge: .seconds(7 * 86_400),
            backoff: Backoff(base: .milliseconds(200), maximum: .seconds(30), jitter: .equal)),
        pausesOnFailure: true)

    /// Works until graceful shutdown or cancellation, then drains.
    public func run() async throws {
        guard !workers.isEmpty else {
            // Nobody subscribes: there is nothing to do until the end.
            return try await gracefulShutdown()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.run() } }
            try await group.waitForAll()
        }
    }
}
