// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusResilience
import ApusSQLite
import ApusTesting
import Foundation
import Synchronization
import Testing

/// Messages whose handling goes wrong in every way there is. What QueueConformance has (handlers that throw, payloads that
/// can't be read, handlers that take too long and can be cancelled) isn't here again.
@Suite("Poison messages", .timeLimit(.minutes(1)))
struct PoisonTests {
    private static let poison = 0
    private static let others = 1...20

    private static func configuration(attempts: Int) -> WorkerConfiguration {
        WorkerConfiguration(
            concurrency: 8, lease: .seconds(1), handlerTimeout: .seconds(1),
            retry: RetryPolicy(
                maximumAttempts: attempts,
                backoff: Backoff(base: .milliseconds(10), maximum: .milliseconds(10), jitter: .none)),
            pollInterval: .milliseconds(100), drainTimeout: .zero)
    }

    /// Publishes one poisonous message and others after it.
    private static func publish(to queue: MessageQueue) async throws {
        try await queue.publish(.init(number: poison), as: QueueFixture.job)
        for number in others { try await queue.publish(.init(number: number), as: QueueFixture.job) }
    }

    /// Checks that the poisonous message is dead after its attempts, and nothing else.
    private static func check(_ queue: MessageQueue, attempts: Int) async throws {
        let dead = try await queue.deadMessages()
        #expect(dead.map(\.reason) == [.attemptsExhausted])
        // The claim that found them used up is counted too.
        #expect(dead.map(\.attempts) == [attempts + 1])
        #expect(dead.first?.message.data == Array(#"{"number":0}"#.utf8))
    }

    @Test("a handler that never returns, not even cancelled: dead after its attempts, the others are handled meanwhile")
    func neverReturns() async throws {
        let (queue, database, clock) = try await QueueFixture.make()
        let held = Mutex<[CheckedContinuation<Void, Never>]>([])
        let handled = Journal<Int>()
        try queue.subscribe(QueueFixture.job) { job, _ in
            if job.number == Self.poison {
                await withCheckedContinuation { continuation in held.withLock { $0.append(continuation) } }
            }
            handled.append(job.number)
        }
        try await Self.publish(to: queue)
        let worker = try QueueWorker(queue: queue, configuration: Self.configuration(attempts: 3))
        let running = Task { try await worker.run() }
        try await eventually("the others are handled") { handled.entries.sorted() == Array(Self.others) }
        try await eventually("the poison is dead") {
            clock.advance(by: .milliseconds(50))
            return try await queue.statistics()[.local]?.dead == 1
        }
        #expect(held.withLock { $0.count } == 3)
        try await Self.check(queue, attempts: 3)
        // What the handlers say in the end changes nothing any more.
        for continuation in held.withLock({ $0 }) { continuation.resume() }
        try await eventually("the hands are empty") { worker.inHand == 0 }
        try await Self.check(queue, attempts: 3)
        running.cancel()
        try await running.value
        await database.close()
    }

    @Test(
        "a handler that blocks its thread: dead after its attempt, the others are handled meanwhile",
        .enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "one CPU gives Swift's tasks one thread"))
    func blocksThread() async throws {
        let folder = try TemporaryFolder()
        let (queue, database) = try await FileQueue.open("sqlite:\(folder.path)/queue.db")
        let thread = Blockade()
        let handled = Journal<Int>()
        try queue.subscribe(QueueFixture.job) { job, _ in
            if job.number == Self.poison { thread.block() }
            handled.append(job.number)
        }
        try await Self.publish(to: queue)
        try await FileQueue.work(queue, Self.configuration(attempts: 1), until: "the poison is dead") {
            let isOver =
                try await queue.statistics()[.local]?.dead == 1 && handled.entries.sorted() == Array(Self.others)
            if isOver { thread.open() }
            return isOver
        }
        try await Self.check(queue, attempts: 1)
        await database.close()
    }

    @Test("a handler that ends its process: dead after its attempts, the others are handled meanwhile")
    func endsProcess() async throws {
        let folder = try TemporaryFolder()
        let url = "sqlite:\(folder.path)/queue.db"
        let (queue, database) = try await FileQueue.open(url)
        try queue.subscribe(QueueFixture.job) { _, _ in }
        try await Self.publish(to: queue)
        await database.close()
        for _ in 0..<2 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [url = url as String] in
                let (queue, _) = try await FileQueue.open(url)
                try queue.subscribe(QueueFixture.job) { job, _ in
                    guard job.number == Self.poison else { return }
                    try await eventually("the others are settled") {
                        try await queue.statistics()[.local]?.depth == 1
                    }
                    kill(getpid(), SIGKILL)
                }
                let worker = try QueueWorker(queue: queue, configuration: Self.configuration(attempts: 2))
                try await worker.run()
            }
        }
        let again = try await FileQueue.open(url)
        let handled = Tally()
        try again.queue.subscribe(QueueFixture.job) { _, _ in handled.increment() }
        try await FileQueue.work(again.queue, Self.configuration(attempts: 2), until: "the poison is dead") {
            try await again.queue.statistics()[.local]?.dead == 1
        }
        #expect(handled.value == 0)
        try await Self.check(again.queue, attempts: 2)
        await again.database.close()
    }
}
