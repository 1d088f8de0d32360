// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusResilience
public import Logging
public import ServiceLifecycle

/// Brings what a service's own queue holds for the broker (``Routing/broker``) there: at least once.
///
/// While the broker is away the channel pauses, longer and longer, and one message at a time finds out whether it is back.
/// A message for a service whose channel is full waits, and those for others go on. One that nobody wants is dead if the
/// broker keeps no more of those, so that it isn't in the way of what somebody wants.
public final class BrokerRelay: Service {
    private let worker: QueueWorker

    /// - Parameters:
    ///   - random: spreads what is tried again.
    ///   - around: runs each delivery, for instance with faults. Default: nothing else.
    /// - Throws: what is out of range.
    public init(
        queue: MessageQueue, broker: any MessageBroker, configuration: WorkerConfiguration = BrokerRelay.defaults,
        logger: Logger = Logger(label: "apus.relay"), random: FastRandom = FastRandom(),
        around: @escaping @Sendable (Message, @Sendable () async throws -> Void) async throws -> Void = {
            try await $1()
        }
    ) throws(InvalidConfiguration) {
        let publisher = BrokerPublisher(broker: broker)
        worker = try QueueWorker(
            store: queue.store, channel: .broker, configuration: configuration, observer: queue.observer,
            logger: logger, random: random
        ) { delivery in
            do {
                try await around(delivery.message) {
                    guard try await publisher.publish(delivery.message) == .unwanted else { return }
                    throw MessageRejected("nobody wants it, and the broker keeps no more that nobody wants")
                }
            } catch let error as MessagingError where error.code == .overloaded {
                let age = delivery.message.created.duration(to: broker.clock.date)
                if let patience = configuration.retry.maximumAge, age > patience { throw MessageRejected("\(error)") }
                // The longer it waits, the rarer: however many wait, the broker isn't asked all the time.
                let pause = min(max(age / 4, error.retryAfter ?? .seconds(1)), .seconds(30))
                throw RetryLater(after: pause, countsAttempt: false, "\(error)")
            } catch let error as MessagingError where [.tooLarge, .invalid, .misuse].contains(error.code) {
                throw MessageRejected("\(error)")
            }
        }
    }

    /// 32 deliveries at a time, ten seconds each; tried for seven days, with pauses of at most 30 s. What a process had in
    /// hand that ended goes on five seconds later.
    public static let defaults = WorkerConfiguration(
        concurrency: 32, lease: .seconds(5), handlerTimeout: .seconds(10),
        retry: RetryPolicy(
            maximumAttempts: 1_000_000, maximumAge: .seconds(7 * 86_400),
            backoff: Backoff(base: .milliseconds(200), maximum: .seconds(30), jitter: .equal)),
        pausesOnFailure: true)

    /// Works until graceful shutdown or cancellation, then drains.
    public func run() async throws {
        try await worker.run()
    }
}
