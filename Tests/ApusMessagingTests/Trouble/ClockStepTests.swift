// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusSQLite
import ApusTesting
import Testing

/// The wall clock is stepped by an hour between two processes on one queue. (Inside a process nobody looks at it again.)
@Suite("Steps of the wall clock", .timeLimit(.minutes(1)))
struct ClockStepTests {
    private static let wall = 1_800_000_000.0

    @Test(
        "what an earlier process published and had in hand is handled within the lease and the minute of maintenance",
        arguments: [3_600.0, -3_600.0])
    func earlier(step: Double) async throws {
        let folder = try TemporaryFolder()
        let url = "sqlite:\(folder.path)/queue.db"
        let first = try await QueueFixture.make(url: url, wall: Self.wall + step)
        try first.queue.subscribe(QueueFixture.job) { _, _ in }
        for number in 0..<10 { try await first.queue.publish(.init(number: number), as: QueueFixture.job) }
        _ = try await first.queue.store.claim(4, from: .local, lease: .seconds(30))
        await first.database.close()

        let second = try await QueueFixture.make(url: url, wall: Self.wall)
        let handled = Journal<Int>()
        try second.queue.subscribe(QueueFixture.job) { job, _ in handled.append(job.number) }
        let worker = try QueueWorker(queue: second.queue)
        let running = Task { try await worker.run() }
        let begun = second.clock.now
        try await eventually("what wasn't in hand is handled at once") { handled.entries.count >= 6 }
        try await eventually("everything is handled") {
            second.clock.advance(by: .milliseconds(500))
            return handled.entries.count == 10
        }
        #expect(begun.duration(to: second.clock.now) < .seconds(30 + 60 + 10))
        #expect(handled.entries.sorted() == Array(0..<10))
        running.cancel()
        try await running.value
        await second.database.close()
    }

    @Test("of two processes an hour apart one settles each message, whichever claims it")
    func together() async throws {
        let folder = try TemporaryFolder()
        let url = "sqlite:\(folder.path)/queue.db"
        let ahead = try await QueueFixture.make(url: url, wall: Self.wall + 3_600)
        let right = try await QueueFixture.make(url: url, wall: Self.wall)
        for side in [ahead, right] { try side.queue.subscribe(QueueFixture.job) { _, _ in } }
        try await right.queue.publish(.init(number: 1), as: QueueFixture.job)
        // To the one that is ahead, the lease of the other has ended long ago.
        let early = try await right.queue.store.claim(1, from: .local, lease: .seconds(30))
        let late = try await ahead.queue.store.claim(1, from: .local, lease: .seconds(30))
        #expect(early.count == 1 && late.map(\.attempt) == [2])
        #expect(try await right.queue.store.settle(early[0], .done) == false)
        #expect(try await ahead.queue.store.settle(late[0], .done))
        #expect(try await right.queue.statistics()[.local]?.depth ?? 0 == 0)
        await ahead.database.close()
        await right.database.close()
    }
}
