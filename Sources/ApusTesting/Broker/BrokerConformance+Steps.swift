// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import Logging

/// What the checks are made of.
extension BrokerConformance {
    /// What the failures of the checks would fill the output with.
    static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }

    /// The queue of a service that publishes for the broker.
    static func outbox(_ subject: Subject) throws -> MessageQueue {
        let configuration = QueueConfiguration(
            source: "/services/publisher", capacity: max(10_000, subject.scale.messages))
        return MessageQueue(
            store: try MemoryQueueStore(configuration: configuration, clock: subject.broker.clock),
            routing: .broker)
    }

    /// An instance of a service, whose handlers `subscribe` adds.
    static func subscriber(
        _ service: String, _ subject: Subject, concurrency: Int = 16, _ subscribe: (MessageQueue) throws -> Void
    ) throws -> BrokerSubscriber {
        let queue = MessageQueue(store: subject.broker, channel: .service(service))
        try subscribe(queue)
        return try BrokerSubscriber(
            queue: queue, broker: subject.broker, service: service,
            configuration: QueueConformance.configuration(concurrency: concurrency), logger: silence)
    }

    /// Runs subscribers, and a relay that brings what `outbox` holds to the broker, while `body` runs.
    static func running(
        _ subscribers: [BrokerSubscriber], _ outbox: MessageQueue, _ subject: Subject, _ body: () async throws -> Void
    ) async throws {
        let relay = try BrokerRelay(queue: outbox, broker: subject.broker, logger: silence)
        let running =
            subscribers.map { subscriber in Task { try await subscriber.run() } } + [Task { try await relay.run() }]
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        for task in running { task.cancel() }
        for task in running { try await task.value }
        try result.get()
    }

    /// Waits until the broker knows of so many services.
    static func untilSubscribed(_ count: Int, _ subject: Subject) async throws {
        try await eventually("\(count) subscriptions", within: .seconds(30)) {
            try await subject.broker.subscriptions().count == count
        }
    }

    /// Waits until every publisher goes by what is registered now: a second of the broker's clock.
    static func untilKnown(_ subject: Subject) async throws {
        let registered = subject.broker.clock.now
        try await eventually("a second of the broker's") {
            subject.clock.advance(by: .milliseconds(100))
            return registered.duration(to: subject.broker.clock.now) > .seconds(1)
        }
    }

    /// Waits until the relay has brought everything to the broker.
    static func untilRelayed(_ outbox: MessageQueue) async throws {
        try await eventually("everything relayed", within: .seconds(30)) { try await outbox.statistics().isEmpty }
    }

    static func depth(_ channel: Channel, _ subject: Subject) async throws -> Int {
        try await subject.broker.statistics()[channel]?.depth ?? 0
    }

    static func publish(
        _ numbers: Range<Int>, as type: MessageType<Job> = job, to outbox: MessageQueue
    ) async throws {
        for number in numbers { try await outbox.publish(Job(number: number), as: type) }
    }
}
