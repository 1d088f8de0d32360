// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusMessaging
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("The queue on PostgreSQL keeps the promises of queues", .bothPlaces)
    struct PostgresQueueConformanceTests {
        @Test("on a real server", arguments: QueueConformance.checks(for: .all))
        func server(check: ConformanceCheck<QueueConformance.Subject>) async throws {
            let database = try await SharedServer.makeDatabase()
            try await SQLQueueStore.migrations.run(on: database)
            let clock = ManualClock()
            let store = try SQLQueueStore(
                database: database, configuration: .init(source: "/services/test", capacity: 5_000),
                clock: clock.queueClock())
            try await check.run(.init(queue: MessageQueue(store: store), clock: clock))
            await database.close()
        }
    }
#endif
