// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusResilience
import ApusSQLite
import ApusTesting
import Foundation
import Logging
import Synchronization
import Testing

@Suite("A scheduler")
struct SchedulerTests {
    /// Keeps what is published, each message once; fails as long as it is told to.
    final class Shelf: SchedulePublisher {
        struct Failure: Error {}

        let deduplicationWindow: Duration
        let messages = Mutex<[Message]>([])
        let isBroken = Mutex(false)
        let attempts = Tally()

        init(deduplicationWindow: Duration = .seconds(3600)) {
            self.deduplicationWindow = deduplicationWindow
        }

        func publish(_ message: Message) async throws -> PublishResult {
            attempts.increment()
            guard !isBroken.withLock({ $0 }) else { throw Failure() }
            return messages.withLock { messages in
                guard !messages.contains(where: { $0.id == message.id && $0.source == message.source }) else {
                    return .duplicate
                }
                messages.append(message)
                return .stored
            }
        }

        var ids: [String] { messages.withLock { $0.map(\.id) } }
    }

    final class Watch: ScheduleObserver {
        let events = Journal<String>()

        func observe(_ event: ScheduleEvent) {
            switch event {
            case .published(let schedule, _, let result, _): events.append("\(schedule) \(result)")
            case .failed(let schedule, _, let attempt, _, _): events.append("\(schedule) failed \(attempt)")
            case .gaveUp(let schedule, _): events.append("\(schedule) gave up")
            case .missed(let schedule, _): events.append("\(schedule) missed")
            }
        }
    }

    private static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
    private static let report = MessageType<String>("report")
    /// A full hour.
    private static let origin = Date(timeIntervalSince1970: 1_800_000_000)

    private func scheduler(
        _ shelf: Shelf, _ clock: ManualClock, wall: Date = origin, watch: Watch? = nil,
        _ recurrence: Recurrence = .every(.seconds(3600)), catchUp: CatchUp = .latest
    ) throws -> Scheduler {
        try Scheduler(
            [Schedule("hourly", recurrence, publishing: Self.report, catchUp: catchUp) { "due \($0)" }],
            publisher: shelf,
            configuration: SchedulerConfiguration(
                source: "/services/test", backoff: Backoff(base: .seconds(8), maximum: .seconds(8), jitter: .none)),
            observer: watch, clock: clock.queueClock(wallOrigin: wall), logger: Self.silence)
    }

    /// Runs schedulers while `body` runs, then ends them.
    private func running(_ schedulers: [Scheduler], _ body: () async throws -> Void) async throws {
        let tasks = schedulers.map { scheduler in Task { try await scheduler.run() } }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        for task in tasks { task.cancel() }
        for task in tasks { try await task.value }
        try outcome.get()
    }

    /// Waits until so many events have happened and the schedulers sleep. What is being published sleeps too, with its
    /// timeout, so the events come first.
    private func settled(_ clock: ManualClock, _ watch: Watch, _ events: Int, schedulers: Int = 1) async throws {
        try await eventually("\(events) events") { watch.events.entries.count == events }
        try await eventually("\(schedulers) asleep") { clock.sleeperCount == schedulers }
    }

    @Test("publishes for each time a message whose id tells schedule and time")
    func publishes() async throws {
        let (shelf, clock, watch) = (Shelf(), ManualClock(), Watch())
        try await running([scheduler(shelf, clock, watch: watch)]) {
            for count in 1...4 {
                try await settled(clock, watch, count)
                clock.advance(by: .seconds(count == 4 ? 0 : 3600))
            }
        }
        #expect(
            shelf.ids == (0..<4).map { "schedule/hourly/2027-01-15T\(["08", "09", "10", "11"][$0]):00:00.000Z" })
        let message = shelf.messages.withLock { $0[1] }
        #expect(message.source == "/services/test" && message.type == "report")
        #expect(message.extensions == ["scheduledtime": "2027-01-15T09:00:00.000Z"])
        #expect(String(decoding: message.data, as: UTF8.self).contains("2027-01-15 09:00:00"))
        #expect(watch.events.entries == Array(repeating: "hourly stored", count: 4))
    }

    @Test("beside others of the same service publishes one message for each time")
    func instances() async throws {
        let (shelf, clock, watch) = (Shelf(), ManualClock(), Watch())
        let schedulers = try (0..<5).map { _ in try scheduler(shelf, clock, watch: watch) }
        try await running(schedulers) {
            try await settled(clock, watch, 5, schedulers: 5)
            clock.advance(by: .seconds(3600))
            try await settled(clock, watch, 10, schedulers: 5)
        }
        #expect(shelf.ids.count == 2)
        #expect(watch.events.entries.filter { $0 == "hourly duplicate" }.count == 8)
    }

    @Test("on two clocks that are an hour apart, and after a restart on one that was set back, repeats nothing")
    func steppedClock() async throws {
        let (shelf, watch) = (Shelf(), Watch())
        let ahead = ManualClock()
        try await running([scheduler(shelf, ahead, wall: Self.origin.addingTimeInterval(3600))]) {
            try await eventually("published") { shelf.ids.count == 1 }
        }
        let clock = ManualClock()
        let setBack = try scheduler(
            shelf, clock, wall: Self.origin.addingTimeInterval(1), watch: watch, catchUp: .skip)
        try await running([setBack]) {
            for count in 0...2 {
                try await settled(clock, watch, count)
                clock.advance(by: .seconds(count == 2 ? 0 : 3600))
            }
        }
        #expect(watch.events.entries == ["hourly duplicate", "hourly stored"])
        #expect(
            shelf.ids == ["schedule/hourly/2027-01-15T09:00:00.000Z", "schedule/hourly/2027-01-15T10:00:00.000Z"])
    }

    @Test("tries a publish that failed again, until the next time is due")
    func failures() async throws {
        let (shelf, clock, watch) = (Shelf(), ManualClock(), Watch())
        shelf.isBroken.withLock { $0 = true }
        try await running([scheduler(shelf, clock, watch: watch)]) {
            try await settled(clock, watch, 1)
            clock.advance(by: .seconds(8))
            try await settled(clock, watch, 2)
            shelf.isBroken.withLock { $0 = false }
            clock.advance(by: .seconds(8))
            try await settled(clock, watch, 3)
            shelf.isBroken.withLock { $0 = true }
            clock.advance(by: .seconds(3600))
            try await settled(clock, watch, 4)
            shelf.isBroken.withLock { $0 = false }
            // The next time is due: what failed is given up, and that is published.
            clock.advance(by: .seconds(3600 - 16))
            try await settled(clock, watch, 6)
        }
        #expect(
            watch.events.entries == [
                "hourly failed 1", "hourly failed 2", "hourly stored", "hourly failed 1", "hourly gave up",
                "hourly stored",
            ])
        #expect(shelf.ids.last == "schedule/hourly/2027-01-15T10:00:00.000Z")
    }

    @Test("cancels a publisher that takes too long, and tries again")
    func timeout() async throws {
        struct Slow: SchedulePublisher {
            let deduplicationWindow = Duration.seconds(3600)
            let attempts = Tally()

            func publish(_ message: Message) async throws -> PublishResult {
                attempts.increment()
                guard attempts.value == 1 else { return .stored }
                // For as long as it isn't cancelled.
                for await _ in AsyncStream(Never.self, { _ in }) {}
                throw CancellationError()
            }
        }
        let (clock, watch) = (ManualClock(), Watch())
        let slow = Slow()
        let scheduler = try Scheduler(
            [Schedule("s", .every(.seconds(3600)), publishing: "x", as: Self.report)], publisher: slow,
            configuration: SchedulerConfiguration(source: "/s"), observer: watch, clock: clock.queueClock(),
            logger: Self.silence)
        try await running([scheduler]) {
            // What sleeps is the timeout.
            try await settled(clock, watch, 0)
            clock.advance(by: .seconds(10))
            try await settled(clock, watch, 1)
            clock.advance(by: .seconds(1))
            try await settled(clock, watch, 2)
        }
        #expect(watch.events.entries == ["s failed 1", "s stored"])
    }

    @Test("of a queue stores one message for each time, whichever instance publishes it")
    func queue() async throws {
        let (queue, database, clock) = try await QueueFixture.make()
        let watch = Watch()
        let schedulers = try (0..<3).map { _ in
            try Scheduler(
                [Schedule("s", .every(.seconds(60)), publishing: "x", as: Self.report)],
                publisher: queue, configuration: SchedulerConfiguration(source: "/services/test"),
                observer: watch, clock: queue.clock, logger: Self.silence)
        }
        try await running(schedulers) {
            for count in 1...5 {
                try await eventually("\(3 * count) events") { watch.events.entries.count == 3 * count }
                // The database may sleep as well, for a deadline that nobody has any more.
                try await eventually("3 asleep") { clock.sleeperCount >= 3 }
                clock.advance(by: .seconds(count == 5 ? 0 : 60))
            }
        }
        await database.close()
        #expect(watch.events.entries.filter { $0 == "s stored" }.count == 5)
    }

    @Test("names every problem of what it is made with")
    func problems() throws {
        let schedules = [
            Schedule(
                "a", .every(.seconds(60)), publishing: "x", as: Self.report, catchUp: .latest(within: .seconds(-1))),
            Schedule("a", .every(.zero), publishing: "x", as: Self.report, catchUp: .latest(within: .seconds(7200))),
            Schedule("ä b", .every(.seconds(1)), publishing: "x", as: Self.report),
        ]
        let error = try #require(throws: InvalidConfiguration.self) {
            try Scheduler(
                schedules, publisher: Shelf(),
                configuration: SchedulerConfiguration(
                    source: "", capacity: 2, publishTimeout: .zero, backoff: Backoff(factor: 0)))
        }
        #expect(
            error.problems.map(\.key) == [
                "source", "publishTimeout", "backoff.factor", "schedules", "schedules.a.catchUp", "schedules.a.every",
                "schedules.a", "schedules.a.catchUp", "schedules.ä b.name",
            ])
    }

    @Test("without schedules rests until it is told to end")
    func nothing() async throws {
        let (clock, watch) = (ManualClock(), Watch())
        let scheduler = try Scheduler(
            [], publisher: Shelf(), configuration: SchedulerConfiguration(source: "/s"), clock: clock.queueClock(),
            logger: Self.silence)
        try await running([scheduler]) {
            try await settled(clock, watch, 0)
            clock.advance(by: .seconds(7200))
            try await settled(clock, watch, 0)
        }
    }
}
