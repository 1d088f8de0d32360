// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusMessaging
    import ApusTesting
    import Logging
    import Testing

    @testable import ApusNATS

    @Suite("A JetStream that loses the subscriptions (KV_apus-subscriptions) under services that share it", .serialized)
    struct JetStreamForgottenSubscriptionTests {
        private static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
        private static let job = MessageType<Int>("job")

        @Test("is told again what is wanted: what was published since is handled once, and goes on so")
        func removed() async throws {
            try await withQueue { server, broker in
                let outbox = MessageQueue(
                    store: try MemoryQueueStore(configuration: .init(source: "/services/users")), routing: .broker)
                let relay = try BrokerRelay(queue: outbox, broker: broker, logger: Self.silence)
                let seen = Journal<Int>()
                let store = try server.queue()
                let queue = MessageQueue(store: store, channel: .service("mails"))
                try queue.subscribe(Self.job) { number, _ in seen.append(number) }
                let subscriber = try BrokerSubscriber(
                    queue: queue, broker: store, service: "mails", logger: Self.silence,
                    registersEvery: .milliseconds(100))
                let running = [Task { try await relay.run() }, Task { try await subscriber.run() }]
                let wanted = [Subscription(service: "mails", types: ["job"])]
                try await eventually("the subscription") { try await broker.subscriptions() == wanted }
                try await outbox.publish(1, as: Self.job)
                try await eventually("the first") { seen.entries == [1] }

                try await broker.client.removeStream("KV_apus-subscriptions")
                for number in 2...10 { try await outbox.publish(number, as: Self.job) }
                try await eventually("the subscription again") {
                    do throws(MessagingError) {
                        return try await broker.subscriptions() == wanted
                    } catch {
                        return false
                    }
                }
                for number in 11...20 { try await outbox.publish(number, as: Self.job) }
                // What was unrouted meanwhile is looked at again after two seconds.
                try await eventually("everything", within: .seconds(30)) {
                    guard seen.entries.count >= 20, try await outbox.statistics().isEmpty else { return false }
                    return try await broker.statistics().values.allSatisfy { $0.depth == 0 }
                }
                #expect(seen.entries.sorted() == Array(1...20))
                for task in running { task.cancel() }
                for task in running { try await task.value }
            }
        }
    }
#endif
