// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusMessaging
import ApusResilience
import Logging

/// What every backend of a queue promises. The list follows Watermill's universal suite where it applies.
public enum QueueConformance {
    /// A fresh queue and what the checks do with it. Its clock is `clock`'s.
    public struct Subject: Sendable {
        /// What is checked, and the clock that it reads.
        public let queue: MessageQueue
        public let clock: ManualClock

        var store: any QueueStore { queue.store }

        /// - Parameter clock: what the store's clock reads. A store whose features lack `ownClock` goes by a clock of its own:
        ///   then this one is any.
        public init(queue: MessageQueue, clock: ManualClock) {
            self.queue = queue
            self.clock = clock
        }
    }

    struct Job: Codable, Sendable, Equatable {
        var number: Int
    }
    struct HandlerFailed: Error {}

    /// What the failures of the checks would fill the output with.
    static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }

    static let job = MessageType<Job>("job")

    /// The checks of what every store does, and of the features that this one declares.
    public static func checks(for features: QueueFeatures) -> [ConformanceCheck<Subject>] {
        all.filter { features.isSuperset(of: $0.needs) }.map(\.check)
    }

    private static let all = delivery + failure + leases + draining + ordering

    /// A check, and the features without which it makes no sense.
    struct QueueCheck: Sendable {
        let needs: QueueFeatures
        let check: ConformanceCheck<Subject>

        init(
            _ name: String, needs: QueueFeatures = [], _ body: @escaping @Sendable (Subject) async throws -> Void
        ) {
            self.needs = needs
            check = ConformanceCheck(name, body)
        }
    }

    /// A worker configuration whose retries wait exactly 1 s, 2 s, 4 s …
    static func configuration(
        concurrency: Int = 4, attempts: Int = 3, timeout: Duration = .seconds(60)
    ) -> WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, lease: .seconds(30), handlerTimeout: timeout,
            retry: RetryPolicy(
                maximumAttempts: attempts,
                backoff: Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .none)),
            pollInterval: .seconds(2), drainTimeout: .seconds(5))
    }

    /// A message whose payload is `text`.
    static func raw(_ text: String, type: String = "job", _ subject: Subject) -> Message {
        Message(
            id: "raw \(text.count)", type: type, source: "/conformance", created: subject.queue.clock.date,
            data: Array(text.utf8))
    }

    /// Runs a worker of the queue while `body` runs, then stops it by cancellation, moving the clock so that it can.
    static func working(
        _ subject: Subject, _ configuration: WorkerConfiguration = configuration(),
        _ body: (QueueWorker) async throws -> Void
    ) async throws {
        let worker = try QueueWorker(queue: subject.queue, configuration: configuration, logger: silence)
        let running = Task { try await worker.run() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(worker))
        } catch {
            result = .failure(error)
        }
        try await stop(running, worker, subject)
        try result.get()
    }

    /// Cancels a worker and moves the clock until it has returned.
    static func stop(_ running: Task<Void, any Error>, _ worker: QueueWorker, _ subject: Subject) async throws {
        try await subject.clock.end(running, advancing: .milliseconds(100))
    }

    /// Waits until the channel holds nothing more that waits or is in hand, moving the clock if told to.
    static func untilEmpty(_ subject: Subject, advancing step: Duration = .zero) async throws {
        try await eventually("an empty queue", within: .seconds(60)) {
            if step > .zero { subject.clock.advance(by: step) }
            return try await statistics(subject).depth == 0
        }
    }

    static func statistics(_ subject: Subject, _ channel: Channel? = nil) async throws -> QueueStatistics {
        try await subject.queue.statistics()[channel ?? subject.queue.channel] ?? QueueStatistics()
    }
}
