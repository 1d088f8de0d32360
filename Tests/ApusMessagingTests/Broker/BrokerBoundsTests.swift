// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting
import Logging
import Testing

@Suite("A broker that has forgotten, or holds too much")
struct BrokerBoundsTests {
    typealias Job = QueueFixture.Job

    private let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
    private let clock = ManualClock()
    private let broker: MemoryQueueStore
    private let outbox: MessageQueue

    init() throws {
        broker = try MemoryQueueStore(
            configuration: .init(source: "/services/broker", capacity: 10), clock: clock.queueClock())
        outbox = MessageQueue(
            store: try MemoryQueueStore(configuration: .init(source: "/services/users"), clock: clock.queueClock()),
            routing: .broker)
    }

    private func subscriber(_ service: String, _ seen: Journal<Int>) throws -> BrokerSubscriber {
        let queue = MessageQueue(store: broker, channel: .service(service))
        try queue.subscribe(QueueFixture.job) { job, _ in seen.append(job.number) }
        return try BrokerSubscriber(queue: queue, broker: broker, service: service, logger: silence)
    }

    @Test("What nobody wants is dead, reported, when the broker keeps no more of it; what somebody wants goes on")
    func unwanted() async throws {
        let seen = Journal<Int>()
        let subscriber = try subscriber("mails", seen)
        let subscribing = Task { try await subscriber.run() }
        try await eventually("the subscription") { try await !broker.subscriptions().isEmpty }
        let relay = try BrokerRelay(queue: outbox, broker: broker, logger: silence)
        let relaying = Task { try await relay.run() }
        for number in 0..<25 { try await outbox.publish(Job(number: number), as: MessageType<Job>("unheard_of")) }
        for number in 0..<25 { try await outbox.publish(Job(number: number), as: QueueFixture.job) }
        try await eventually("all that is wanted") {
            clock.advance(by: .milliseconds(100))
            return Set(seen.entries).count == 25
        }
        try await eventually("an empty outbox") { try await outbox.statistics()[.broker]?.depth == 0 }
        #expect(try await broker.statistics()[.unrouted]?.depth == 10)
        let dead = try await outbox.deadMessages(in: .broker)
        #expect(dead.count == 15)
        #expect(dead.allSatisfy { $0.lastError?.contains("nobody wants it") ?? false })
        for task in [relaying, subscribing] {
            task.cancel()
            try await task.value
        }
    }

    @Test("It is told again what a service wants, and what another version of the service wants is left")
    func forgotten() async throws {
        let subscriber = try subscriber("mails", Journal<Int>())
        let running = Task { try await subscriber.run() }
        try await eventually("the subscription") { try await broker.subscriptions().map(\.types) == [["job"]] }
        try await broker.register(Subscription(service: "mails", types: []))
        try await eventually("the subscription again") {
            clock.advance(by: .seconds(1))
            return try await broker.subscriptions() == [Subscription(service: "mails", types: ["job"])]
        }
        try await broker.register(Subscription(service: "mails", types: ["other"]))
        try await eventually("both") {
            clock.advance(by: .seconds(1))
            return try await broker.subscriptions() == [Subscription(service: "mails", types: ["job", "other"])]
        }
        running.cancel()
        try await running.value
    }

    @Test("refuses an interval of zero")
    func interval() throws {
        let queue = MessageQueue(store: broker, channel: .service("mails"))
        #expect(throws: (any Error).self) {
            try BrokerSubscriber(queue: queue, broker: broker, service: "mails", registersEvery: .zero)
        }
    }
}
