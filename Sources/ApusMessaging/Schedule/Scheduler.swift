// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusResilience
internal import Foundation
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Publishes the messages of schedules when they are due.
///
/// - Every instance of a service runs one. All publish, and what is published first counts: the id of a message follows from
///   schedule and time, and the queue knows it again.
/// - A schedule publishes one message at a time. One that fails is tried again until the next is due.
/// - It goes by its ``QueueClock``: a step of the wall clock changes nothing while it runs. After a restart on a clock that
///   was set back, the times that come again have the ids that they had.
/// - On graceful shutdown or cancellation it ends; what is being published has until its timeout.
public final class Scheduler: Service {
    /// What it was made with.
    public let schedules: [Schedule]
    public let configuration: SchedulerConfiguration
    private let publisher: any SchedulePublisher
    private let clock: QueueClock
    private let observer: (any ScheduleObserver)?
    private let logger: Logger
    private let random = Mutex(FastRandom())

    /// Sleeping takes the machine's clock, which needn't run exactly as the queue's: nobody sleeps for longer at once.
    private static let longestSleep = Duration.seconds(3600)

    /// A scheduler of `schedules`; it does nothing until it runs.
    ///
    /// - Parameter observer: told what happens, for metrics.
    /// - Throws: what is out of range, in the configuration and in every schedule; names that stand twice; schedules that
    ///   make up for times which are longer ago than the publisher remembers.
    public init(
        _ schedules: [Schedule], publisher: any SchedulePublisher, configuration: SchedulerConfiguration,
        observer: (any ScheduleObserver)? = nil, clock: QueueClock = .system(),
        logger: Logger = Logger(label: "apus.scheduler")
    ) throws(InvalidConfiguration) {
        var problems = configuration.validate()
        problems.require(
            schedules.count <= configuration.capacity, "schedules",
            "must be at most \(configuration.capacity), are \(schedules.count)")
        var names: Set<String> = []
        for schedule in schedules {
            let key = "schedules.\(schedule.name.prefix(100))"
            problems += schedule.validate().map { ConfigurationProblem("\(key).\($0.key)", $0.message) }
            problems.require(names.insert(schedule.name).inserted, key, "stands twice")
            problems.require(
                schedule.catchUp.whileRunning <= publisher.deduplicationWindow, "\(key).catchUp",
                "needs messages to be recognized again for \(schedule.catchUp.whileRunning), "
                    + "the publisher does so for \(publisher.deduplicationWindow)")
        }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.schedules = schedules
        self.publisher = publisher
        self.configuration = configuration
        self.observer = observer
        self.clock = clock
        self.logger = logger
    }

    /// Publishes until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                for schedule in self.schedules { group.addTask { await self.run(schedule) } }
                // Without schedules there is nothing to do until the end.
                if self.schedules.isEmpty { group.addTask { await self.rest() } }
                await group.waitForAll()
            }
        }
    }

    private func run(_ schedule: Schedule) async {
        var state = ScheduleState(schedule.recurrence, schedule.catchUp)
        while !Task.isCancelled {
            let (action, losses) = state.advance(to: clock.date)
            for loss in losses { note(loss, of: schedule) }
            switch action {
            case .stop: await rest()
            case .wait(let until): await pause(until: until)
            case .publish(let due, let attempt):
                do {
                    let result = try await publish(schedule, due)
                    state.published()
                    observer?.observe(
                        .published(
                            schedule: schedule.name, due: due, result: result, lateness: due.duration(to: clock.date)))
                } catch {
                    let delay = random.withLock {
                        configuration.backoff.delay(afterAttempt: attempt, using: &$0)
                    }
                    state.failed(at: clock.date, retryAfter: delay)
                    note(error, of: schedule, due, attempt, delay)
                }
            }
        }
    }

    /// Publishes in a task that the end of this one doesn't cancel: what was begun is finished.
    private func publish(_ schedule: Schedule, _ due: Date) async throws -> PublishResult {
        let message = try schedule.message(for: due, source: configuration.source, created: clock.date)
        let context = CallContext(deadline: clock.now.advanced(by: configuration.publishTimeout))
        let publishing = Task {
            try await CallContext.$current.withValue(context) { try await self.publisher.publish(message) }
        }
        let timer = Task {
            // Cancelled when the publisher was in time.
            do { try await self.clock.sleep(for: self.configuration.publishTimeout) } catch { return }
            publishing.cancel()
        }
        defer { timer.cancel() }
        return try await publishing.value
    }

    /// Does nothing until the end.
    private func rest() async {
        while !Task.isCancelled { await pause(until: .distantFuture) }
    }

    private func pause(until time: Date) async {
        let wait = min(Self.longestSleep, .seconds(max(0, time.timeIntervalSince(clock.date))))
        // Cancelled at the end, which the caller looks for.
        do { try await clock.sleep(for: wait) } catch { return }
    }

    private func note(_ loss: ScheduleState.Loss, of schedule: Schedule) {
        let event: ScheduleEvent
        let (text, time): (Logger.Message, Date)
        switch loss {
        case .gaveUp(let due):
            event = .gaveUp(schedule: schedule.name, due: due)
            (text, time) = ("a scheduled message couldn't be published until the next was due", due)
        case .missed(let due):
            event = .missed(schedule: schedule.name, due: due)
            (text, time) = ("times of a schedule passed unseen", due)
        }
        observer?.observe(event)
        logger.error(text, metadata: ["schedule": "\(schedule.name)", "due": "\(time)"])
    }

    private func note(_ error: any Error, of schedule: Schedule, _ due: Date, _ attempt: Int, _ delay: Duration) {
        observer?.observe(
            .failed(
                schedule: schedule.name, due: due, attempt: attempt, retryAfter: delay,
                error: RetryPolicy.text(error)))
        logger.warning(
            "a scheduled message couldn't be published",
            metadata: ["schedule": "\(schedule.name)", "due": "\(due)", "attempt": "\(attempt)", "error": "\(error)"])
    }
}
