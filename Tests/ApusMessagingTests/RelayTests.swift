// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting
import Foundation
import Logging
import Synchronization
import Testing

@Suite("The relay to other services")
struct RelayTests {
    /// Services whose queues are at hand; one may be down.
    final class Network: RelayTransport {
        struct Down: Error {}

        let services: [String: MessageQueue]
        let attempts = Journal<String>()
        private let down = Mutex<Set<String>>([])

        init(_ services: [String: MessageQueue]) {
            self.services = services
        }

        func setDown(_ service: String, _ isDown: Bool) {
            down.withLock { if isDown { $0.insert(service) } else { $0.remove(service) } }
        }

        func send(_ message: Message, to service: String) async throws {
            attempts.append(service)
            guard !down.withLock({ $0.contains(service) }), let queue = services[service] else { throw Down() }
            // Across the wire and back.
            try await queue.receive(Message(cloudEvent: message.cloudEvent, received: .distantPast))
        }
    }

    let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
    let users: MessageQueue
    let orders: MessageQueue
    let mails: MessageQueue
    let clock = ManualClock()
    let network: Network

    init() async throws {
        users = try await QueueFixture.make(
            clock: clock,
            subscriptions: [
                .init(service: "orders", types: ["job", "other"]), .init(service: "mails", types: ["job"]),
            ]
        ).queue
        orders = try await QueueFixture.make(clock: clock).queue
        mails = try await QueueFixture.make(clock: clock).queue
        for queue in [orders, mails] { try queue.subscribe(QueueFixture.job) { _, _ in } }
        network = Network(["orders": orders, "mails": mails])
    }

    private func waiting(_ queue: MessageQueue, _ channel: Channel = .local) async throws -> Int {
        try await queue.statistics()[channel]?.depth ?? 0
    }

    @Test("brings each message to every service that wants it, once, and to nobody else")
    func delivers() async throws {
        let relay = try Relay(queue: users, transport: network, logger: silence)
        let running = Task { try await relay.run() }
        for number in 0..<50 { try await users.publish(.init(number: number), as: QueueFixture.job) }
        try await users.publish(
            Message(id: "1", type: "other", source: "/services/test", created: .distantPast, data: Array("1".utf8)))
        try await eventually("delivery") {
            let left = try await waiting(users, .service("orders")) + waiting(users, .service("mails"))
            return left == 0
        }
        #expect(try await waiting(orders) == 51)
        #expect(try await waiting(mails) == 50)
        // The subscribers took it; nothing stays for a local handler that isn't there.
        #expect(try await waiting(users) == 0)
        running.cancel()
        try await running.value
    }

    @Test("A service that is down holds nobody else's messages, is asked one by one, and gets all when it is back")
    func outage() async throws {
        network.setDown("mails", true)
        let relay = try Relay(queue: users, transport: network, logger: silence)
        let running = Task { try await relay.run() }
        for number in 0..<50 { try await users.publish(.init(number: number), as: QueueFixture.job) }
        try await eventually("delivery to the one that is up") { try await waiting(users, .service("orders")) == 0 }
        for _ in 0..<100 {
            clock.advance(by: .milliseconds(600))
            await Task.yield()
        }
        #expect(try await waiting(users, .service("mails")) == 50)
        // A minute's outage: the first few at once, then ever rarer.
        #expect(network.attempts.entries.count { $0 == "mails" } < 40)
        network.setDown("mails", false)
        try await eventually("delivery after the outage") {
            clock.advance(by: .seconds(1))
            return try await waiting(users, .service("mails")) == 0
        }
        #expect(try await waiting(mails) == 50)
        running.cancel()
        try await running.value
    }

    @Test("A message that comes twice is stored once")
    func twice() async throws {
        let message = Message(
            id: "1", type: "job", source: "/services/users", created: .distantPast, data: Array(#"{"number":1}"#.utf8))
        #expect(try await orders.receive(message) == .stored)
        #expect(try await orders.receive(message) == .duplicate)
        #expect(try await waiting(orders) == 1)
    }

    @Test("A message that the service rejects is dead at once")
    func rejected() async throws {
        struct Rejecting: RelayTransport {
            func send(_ message: Message, to service: String) async throws { throw MessageRejected("422") }
        }
        try await users.publish(
            Message(id: "1", type: "other", source: "/services/test", created: .distantPast, data: Array("1".utf8)))
        let relay = try Relay(queue: users, transport: Rejecting(), logger: silence)
        let running = Task { try await relay.run() }
        try await eventually("death") { try await users.deadMessages().count == 1 }
        let dead = try await users.deadMessages()[0]
        #expect(dead.channel == .service("orders"))
        #expect(dead.reason == .rejected)
        running.cancel()
        try await running.value
    }
}
