// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQLite
import ApusTesting
import Testing

@Suite("The queue on SQLite keeps the promises of queues")
struct SQLQueueConformanceTests {
    @Test("in memory", arguments: QueueConformance.checks(for: .all))
    func memory(check: ConformanceCheck<QueueConformance.Subject>) async throws {
        let (queue, database, clock) = try await QueueFixture.make()
        try await check.run(.init(queue: queue, clock: clock))
        await database.close()
    }

    @Test("in a file", arguments: QueueConformance.checks(for: .all))
    func file(check: ConformanceCheck<QueueConformance.Subject>) async throws {
        let folder = try TemporaryFolder()
        let (queue, database, clock) = try await QueueFixture.make(url: "sqlite:\(folder.path)/queue.db")
        try await check.run(.init(queue: queue, clock: clock))
        await database.close()
    }
}
