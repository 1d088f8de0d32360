// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusMessaging
    import ApusNATS
    import ApusTesting
    import Testing

    @Suite("The queue in JetStream keeps the promises of queues")
    struct JetStreamQueueConformanceTests {
        @Test(arguments: QueueConformance.checks(for: [.durable, .delays, .deduplication]))
        func jetStream(check: ConformanceCheck<QueueConformance.Subject>) async throws {
            try await withQueue(capacity: 5_000) { _, store in
                #expect(store.features == [.durable, .delays, .deduplication])
                try await check.run(.init(queue: MessageQueue(store: store), clock: ManualClock()))
            }
        }
    }
#endif
