// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedisMessaging
    import ApusTesting
    import Testing

    @Suite("The queue in Redis keeps the promises of queues")
    struct RedisQueueConformanceTests {
        @Test(arguments: QueueConformance.checks(for: QueueFeatures.all.subtracting(.transactions)))
        func redis(check: ConformanceCheck<QueueConformance.Subject>) async throws {
            try await RedisFixture.run { fixture in
                #expect(fixture.store.features == QueueFeatures.all.subtracting(.transactions))
                try await check.run(.init(queue: fixture.queue, clock: fixture.clock))
            }
        }
    }
#endif
