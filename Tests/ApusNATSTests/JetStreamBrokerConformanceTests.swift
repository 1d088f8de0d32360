// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusMessaging
    import ApusNATS
    import ApusTesting
    import Testing

    @Suite("The broker in JetStream keeps the promises of brokers", .serialized)
    struct JetStreamBrokerConformanceTests {
        @Test(arguments: BrokerConformance.checks(for: [.durable, .delays, .deduplication]))
        func jetStream(check: ConformanceCheck<BrokerConformance.Subject>) async throws {
            try await withQueue { _, store in
                try await check.run(
                    .init(broker: store, clock: ManualClock(), scale: .init(services: 10, messages: 1_000)))
            }
        }
    }
#endif
