// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting
import Testing

@Suite("The queue in memory keeps the promises of queues")
struct MemoryQueueConformanceTests {
    @Test(arguments: QueueConformance.checks(for: QueueFeatures.all.subtracting([.durable, .transactions])))
    func memory(check: ConformanceCheck<QueueConformance.Subject>) async throws {
        let clock = ManualClock()
        let store = try MemoryQueueStore(
            configuration: .init(source: "/services/test", capacity: 5_000), clock: clock.queueClock())
        try await check.run(.init(queue: MessageQueue(store: store), clock: clock))
    }
}
