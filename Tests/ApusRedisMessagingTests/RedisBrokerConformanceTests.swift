// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusMessaging
    import ApusRedisMessaging
    import ApusTesting
    import Testing

    @Suite("The broker in Redis keeps the promises of brokers")
    struct RedisBrokerConformanceTests {
        @Test(arguments: BrokerConformance.checks(for: QueueFeatures.all.subtracting(.transactions)))
        func redis(check: ConformanceCheck<BrokerConformance.Subject>) async throws {
            // What relays and subscribers ask of Redis has a deadline, which the client compares with the system's clock.
            let clock = ManualClock(startingAt: .now.advanced(by: .seconds(3_600)))
            try await RedisFixture.run(clock: clock, configuration: .init(source: "/services/broker")) { fixture in
                // 5,000 messages for fifty services pass too, in about 40 s where nothing is optimized.
                let scale = BrokerConformance.Scale(messages: 2_000)
                try await check.run(.init(broker: fixture.store, clock: fixture.clock, scale: scale))
            }
        }
    }
#endif
