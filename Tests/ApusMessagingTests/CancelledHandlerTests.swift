// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTesting
import Foundation
import Logging
import Testing

@testable import ApusMessaging

/// A handler that is cancelled may return without having done anything, such as one that reads a stream.
@Suite("A handler that returns because it was cancelled")
struct CancelledHandlerTests {
    private static let number = MessageType<Int>("number")

    private let clock = ManualClock()
    private let store: MemoryQueueStore
    private let queue: MessageQueue
    private let attempts = Journal<Int>()

    init() throws {
        store = try MemoryQueueStore(configuration: .init(source: "/test"), clock: clock.queueClock())
        queue = MessageQueue(store: store)
        // Ends without effect when it is cancelled in its first attempt, and with it at once in the second.
        try queue.subscribe(Self.number) { [attempts] _, delivery in
            attempts.append(delivery.attempt)
            guard attempts.entries.count == 1 else { return }
            for await _ in AsyncStream<Int>(unfolding: { await Self.untilCancelled() }) {}
        }
    }

    private static func untilCancelled() async -> Int? {
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        return await withTaskCancellationHandler {
            await stream.first { _ in true }
        } onCancel: {
            continuation.finish()
        }
    }

    private func worker() throws -> QueueWorker {
        try QueueWorker(
            queue: queue,
            configuration: .init(lease: .seconds(30), handlerTimeout: .seconds(20), drainTimeout: .seconds(2)),
            logger: Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("at its timeout has its message tried again")
    func timeout() async throws {
        try await queue.publish(1, as: Self.number)
        let worker = try worker()
        let running = Task { try await worker.run() }
        try await eventually("the first attempt") { attempts.entries == [1] }
        try await eventually("the second attempt") {
            clock.advance(by: .seconds(1))
            return attempts.entries == [1, 2]
        }
        try await eventually("the end of the message") { try await queue.statistics().isEmpty }
        running.cancel()
        try await running.value
    }

    @Test("at the end of the process has its message given back, uncounted")
    func drain() async throws {
        try await queue.publish(1, as: Self.number)
        let first = try worker()
        let running = Task { try await first.run() }
        try await eventually("the first attempt") { attempts.entries == [1] }
        try await clock.end(running, advancing: .milliseconds(500))
        #expect(try await queue.statistics()[.local]?.waiting == 1)
        let second = try worker()
        let next = Task { try await second.run() }
        try await eventually("the attempt of the next process") { attempts.entries == [1, 1] }
        try await eventually("the end of the message") { try await queue.statistics().isEmpty }
        next.cancel()
        try await next.value
    }

    @Test("A handler's deadline is its timeout, or when its message expires if that is earlier")
    func deadline() async throws {
        let seen = Journal<Duration>()
        let clock = clock
        let type = MessageType<String>("text")
        try queue.subscribe(type) { _, _ in
            seen.append(clock.timeSource.now.duration(to: CallContext.currentDeadline ?? .distantFuture))
        }
        try await queue.publish("late", as: type)
        try await queue.publish("soon", as: type, .init(expires: store.clock.date.addingTimeInterval(5)))
        let worker = try worker()
        let running = Task { try await worker.run() }
        try await eventually("both") { seen.entries.count == 2 }
        #expect(Set(seen.entries) == [.seconds(20), .seconds(5)])
        running.cancel()
        try await running.value
    }
}
