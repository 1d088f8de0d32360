// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQLite
import ApusTesting
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("A long backlog", .timeLimit(.minutes(5)))
struct BacklogTests {
    /// By which the greatest RSS while messages are queued and drained may lie above that before.
    private static let limit = 64 << 20
    private static let batch = 500

    @Test("100,000 messages wait in a file and are drained, each once, in less than 64 MiB")
    func drained() async throws {
        let folder = try TemporaryFolder()
        let (queue, database) = try await FileQueue.open("sqlite:\(folder.path)/queue.db")
        let count = 100_000
        let times = Mutex([UInt8](repeating: 0, count: count))
        let handled = Tally()
        try queue.subscribe(QueueFixture.job) { job, _ in
            times.withLock { $0[job.number] += 1 }
            handled.increment()
        }
        let memory = try ProcessMemory(of: getpid())
        for first in stride(from: 0, to: count, by: Self.batch) {
            let messages = try (first..<first + Self.batch).map { number in
                try queue.message(.init(number: number), as: QueueFixture.job)
            }
            try await queue.publish(all: messages, isRemembered: false)
        }
        #expect(try await queue.statistics()[.local]?.waiting == count)
        let queued = try memory.growth
        try await FileQueue.work(
            queue, .init(concurrency: 256), until: "everything is handled", within: .seconds(200)
        ) { handled.value >= count }
        let drained = try memory.growth
        #expect(times.withLock { $0.allSatisfy { $0 == 1 } })
        #expect(try await queue.statistics()[.local]?.depth ?? 0 == 0)
        #expect(queued < Self.limit && drained < Self.limit, "\(queued >> 10) KiB queued, \(drained >> 10) KiB drained")
        await database.close()
    }
}
