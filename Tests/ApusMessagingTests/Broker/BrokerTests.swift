// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting
import Foundation
import Logging
import Testing

@Suite("Services that share a broker")
struct BrokerTests {
    typealias Job = QueueFixture.Job

    let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
    let clock = ManualClock()
    let broker: MemoryQueueStore
    let outbox: MessageQueue

    init() throws {
        broker = try MemoryQueueStore(
            configuration: .init(source: "/services/broker", capacity: 20), clock: clock.queueClock())
        outbox = MessageQueue(
            store: try MemoryQueueStore(configuration: .init(source: "/services/users"), clock: clock.queueClock()),
            routing: .broker)
    }

    /// A service of this name, what it has handled, and with which ordering keys.
    private func subscribe(
        _ service: String, _ seen: Journal<Int>, keys: Journal<String?> = Journal()
    ) throws -> BrokerSubscriber {
        let queue = MessageQueue(store: broker, channel: .service(service))
        try queue.subscribe(QueueFixture.job) { job, delivery in
            keys.append(delivery.message.orderingKey)
            await Task.yield()
            seen.append(job.number)
        }
        return try BrokerSubscriber(
            queue: queue, broker: broker, service: service,
            configuration: WorkerConfiguration(concurrency: 4), logger: silence)
    }

    /// Runs the relay of the outbox while `body` runs.
    private func relaying(_ body: () async throws -> Void) async throws {
        let relay = try BrokerRelay(queue: outbox, broker: broker, logger: silence)
        let running = Task { try await relay.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        running.cancel()
        try await running.value
        try result.get()
    }

    @Test(
        "What nobody wanted comes to who subscribes later, once, with its key, in any order; what is published then in order"
    )
    func lateSubscriber() async throws {
        try await relaying {
            for number in 0..<5 {
                try await outbox.publish(Job(number: number), as: QueueFixture.job, .init(orderingKey: "a"))
            }
            try await eventually("five unrouted") {
                try await broker.statistics()[.unrouted]?.waiting == 5
            }
            let (seen, keys) = (Journal<Int>(), Journal<String?>())
            let subscriber = try subscribe("mails", seen, keys: keys)
            let running = Task { try await subscriber.run() }
            try await eventually("all five") {
                clock.advance(by: .milliseconds(200))
                return seen.entries.count == 5
            }
            // Several at a time are taken from where they waited without their key.
            #expect(seen.entries.sorted() == Array(0..<5))
            #expect(try await broker.statistics()[.unrouted] == nil)
            // Until then the relay may not know of the subscription: then it comes as those before it.
            clock.advance(by: .seconds(1))
            for number in 5..<30 {
                try await outbox.publish(Job(number: number), as: QueueFixture.job, .init(orderingKey: "a"))
            }
            try await eventually("what is published now") { seen.entries.count == 30 }
            #expect(seen.entries.suffix(25) == Array(5..<30)[...])
            #expect(keys.entries == .init(repeating: "a", count: 30))
            running.cancel()
            try await running.value
        }
    }

    @Test("A type that nobody wants holds up no wanted one of its ordering key")
    func unwantedOfAKey() async throws {
        try await relaying {
            let seen = Journal<Int>()
            let subscriber = try subscribe("mails", seen)
            let running = Task { try await subscriber.run() }
            try await eventually("the subscription") { try await !broker.subscriptions().isEmpty }
            var unwanted = try outbox.message(Job(number: 0), as: MessageType<Job>("unheard_of"))
            unwanted.orderingKey = "a"
            try await outbox.publish(unwanted)
            try await outbox.publish(Job(number: 1), as: QueueFixture.job, .init(orderingKey: "a"))
            try await eventually("the wanted one") {
                clock.advance(by: .milliseconds(100))
                return seen.entries == [1]
            }
            #expect(try await broker.statistics()[.unrouted]?.depth == 1)
            running.cancel()
            try await running.value
        }
    }

    @Test("The order of a key holds from outbox to handlers, also for two services of which one's channel is full")
    func orderPastFullChannel() async throws {
        try await broker.register(Subscription(service: "slow", types: ["job"]))
        let (seen, late) = (Journal<Int>(), Journal<Int>())
        let subscriber = try subscribe("mails", seen)
        let running = Task { try await subscriber.run() }
        try await relaying {
            try await eventually("the subscriptions") { try await broker.subscriptions().count == 2 }
            for number in 0..<60 {
                try await outbox.publish(Job(number: number), as: QueueFixture.job, .init(orderingKey: "\(number % 3)"))
            }
            // One of each key that is refused holds up its followers, for both: nothing may overtake it.
            try await eventually("a full channel") {
                clock.advance(by: .milliseconds(50))
                return try await broker.statistics()[.service("slow")]?.waiting == 20 && seen.entries.count == 23
            }
            let slow = try subscribe("slow", late)
            let catching = Task { try await slow.run() }
            try await eventually("all at both", within: .seconds(30)) {
                clock.advance(by: .milliseconds(200))
                return seen.entries.count >= 60 && late.entries.count >= 60
            }
            catching.cancel()
            try await catching.value
        }
        running.cancel()
        try await running.value
        for key in 0..<3 {
            let expected = (0..<60).filter { $0 % 3 == key }
            #expect(seen.entries.filter { $0 % 3 == key } == expected)
            #expect(late.entries.filter { $0 % 3 == key } == expected)
        }
    }

    @Test("A service that takes nothing, whose channel is full, keeps nothing from the others, and gets all in the end")
    func fullChannel() async throws {
        try await broker.register(Subscription(service: "slow", types: ["job"]))
        let seen = Journal<Int>()
        let subscriber = try subscribe("mails", seen)
        let running = Task { try await subscriber.run() }
        try await relaying {
            try await eventually("the subscriptions") { try await broker.subscriptions().count == 2 }
            for number in 0..<60 { try await outbox.publish(Job(number: number), as: QueueFixture.job) }
            try await eventually("all at the one that works") {
                clock.advance(by: .milliseconds(50))
                return Set(seen.entries).count == 60
            }
            #expect(try await broker.statistics()[.service("slow")]?.waiting == 20)
            let late = Journal<Int>()
            let slow = try subscribe("slow", late)
            let catching = Task { try await slow.run() }
            try await eventually("all at the other", within: .seconds(30)) {
                clock.advance(by: .milliseconds(200))
                return Set(late.entries).count == 60
            }
            // Known by its id: what came again for the one's sake wasn't stored twice for the other.
            #expect(seen.entries.count == 60)
            catching.cancel()
            try await catching.value
        }
        running.cancel()
        try await running.value
    }
}
