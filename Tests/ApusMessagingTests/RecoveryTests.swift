// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("After the end of a process")
struct RecoveryTests {
    @Test("messages that were in its hand come again when their leases have ended, and the others at once")
    func leases() async throws {
        let folder = try TemporaryFolder()
        let url = "sqlite:\(folder.path)/queue.db"
        let first = try await QueueFixture.make(url: url)
        try first.queue.subscribe(QueueFixture.job) { _, _ in }
        for number in 0..<10 { try await first.queue.publish(.init(number: number), as: QueueFixture.job) }
        _ = try await first.queue.store.claim(4, from: .local, lease: .seconds(30))
        await first.database.close()

        // The next process reads a wall clock that is ten seconds further.
        let second = try await QueueFixture.make(url: url, wall: 1_800_000_010)
        let seen = Journal<Int>()
        let attempts = Journal<Int>()
        try second.queue.subscribe(QueueFixture.job) { job, delivery in
            seen.append(job.number)
            attempts.append(delivery.attempt)
        }
        let worker = try QueueWorker(queue: second.queue)
        let running = Task { try await worker.run() }
        try await eventually("what wasn't in hand") { seen.entries.count == 6 && worker.inHand == 0 }
        #expect(seen.entries.sorted() == Array(4..<10))
        try await eventually("what was in hand") {
            second.clock.advance(by: .milliseconds(500))
            return seen.entries.count == 10
        }
        #expect(seen.entries.sorted() == Array(0..<10))
        #expect(attempts.entries.count { $0 == 2 } == 4)
        running.cancel()
        try await running.value
    }

    @Test("what another process put off comes at its time, and nobody asks for it again and again until then")
    func otherProcess() async throws {
        let clock = ManualClock()
        let first = try await QueueFixture.make(clock: clock)
        try first.queue.subscribe(QueueFixture.job) { _, _ in }
        let other = try SQLQueueStore(
            database: first.database, configuration: first.queue.configuration, clock: clock.queueClock())
        // Now it has looked for what is due, and looks again in a second if it hears of nothing.
        #expect(try await first.queue.store.claim(1, from: .local, lease: .seconds(30)).isEmpty)
        let message = try first.queue.message(.init(number: 1), as: QueueFixture.job)
        _ = try await other.append([
            QueueEntry(
                channel: .local, message: message, document: message.cloudEvent, delay: .milliseconds(100))
        ])
        #expect(try await first.queue.store.nextDue(in: .local) == .milliseconds(100))
        clock.advance(by: .milliseconds(100))
        #expect(try await first.queue.store.claim(1, from: .local, lease: .seconds(30)).count == 1)
    }

    @Test("a wall clock that was set back an hour meanwhile delays no lease for an hour")
    func clockSetBack() async throws {
        let folder = try TemporaryFolder()
        let url = "sqlite:\(folder.path)/queue.db"
        let first = try await QueueFixture.make(url: url)
        try first.queue.subscribe(QueueFixture.job) { _, _ in }
        try await first.queue.publish(.init(number: 1), as: QueueFixture.job)
        _ = try await first.queue.store.claim(1, from: .local, lease: .seconds(30))
        await first.database.close()

        let second = try await QueueFixture.make(url: url, wall: 1_800_000_000 - 3_600)
        try await second.queue.store.maintain(.local, lease: .seconds(30))
        second.clock.advance(by: .seconds(31))
        #expect(try await second.queue.store.claim(1, from: .local, lease: .seconds(30)).count == 1)
    }

    @Test("what is finished is forgotten after its time, what is dead is kept up to its bound")
    func maintenance() async throws {
        let (queue, database, clock) = try await QueueFixture.make()
        try queue.subscribe(QueueFixture.job) { _, _ in }
        for number in 0..<2 { try await queue.publish(.init(number: number), as: QueueFixture.job) }
        let claimed = try await queue.store.claim(2, from: .local, lease: .seconds(30))
        _ = try await queue.store.settle(claimed[0], .done)
        _ = try await queue.store.settle(claimed[1], .dead(.rejected, error: "no"))
        clock.advance(by: .seconds(3_601))
        try await queue.store.maintain(.local, lease: .seconds(30))
        #expect(try await database.value("SELECT COUNT(*) FROM apus_queue") == 1)
        #expect(try await queue.deadMessages().count == 1)
        clock.advance(by: .seconds(31 * 86_400))
        try await queue.store.maintain(.local, lease: .seconds(30))
        #expect(try await queue.deadMessages().isEmpty)
    }
}
