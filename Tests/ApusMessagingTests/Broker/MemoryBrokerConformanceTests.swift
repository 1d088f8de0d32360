// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting
import Testing

@Suite("The broker in memory keeps the promises of brokers")
struct MemoryBrokerConformanceTests {
    @Test(arguments: BrokerConformance.checks(for: QueueFeatures.all.subtracting([.durable, .transactions])))
    func memory(check: ConformanceCheck<BrokerConformance.Subject>) async throws {
        let clock = ManualClock()
        let broker = try MemoryQueueStore(configuration: .init(source: "/services/broker"), clock: clock.queueClock())
        try await check.run(.init(broker: broker, clock: clock))
    }
}
