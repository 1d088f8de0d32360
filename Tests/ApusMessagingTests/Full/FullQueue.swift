// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting

/// A queue whose two places are taken, by the jobs 0 and 1, and whose publishers wait for room.
struct FullQueue: Sendable {
    typealias Job = QueueFixture.Job

    /// Where it is.
    enum Place: CaseIterable, Sendable {
        case memory
        case sqlite
    }

    /// What became of publishing, once for each call that has ended.
    typealias Outcomes = Journal<Result<[PublishResult], MessagingError>>

    let queue: MessageQueue
    let clock: ManualClock
    /// How often publishing was refused, as metrics count it.
    let refusals: Tally
    /// On SQLite: what else uses it.
    let database: SQLiteDatabase?
    private let begun = Tally()

    /// Runs `body` with one. Nobody else sleeps on its clock.
    static func run(
        on place: Place, waiting limit: Duration = .seconds(1), _ body: (FullQueue) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let configuration = QueueConfiguration(source: "/services/test", capacity: 2, whenFull: .wait(upTo: limit))
        var database: SQLiteDatabase?
        let store: any QueueStore
        switch place {
        case .memory: store = try MemoryQueueStore(configuration: configuration, clock: clock.queueClock())
        case .sqlite:
            let opened = try await SQLiteDatabase.open(url: "sqlite::memory:")
            try await SQLQueueStore.migrations.run(on: opened)
            store = try SQLQueueStore(database: opened, configuration: configuration, clock: clock.queueClock())
            database = opened
        }
        let refusals = Refusals()
        let full = FullQueue(
            queue: MessageQueue(store: store, observer: refusals), clock: clock, refusals: refusals.tally,
            database: database)
        for number in 0..<2 { try await full.queue.publish(Job(number: number), as: QueueFixture.job) }
        try await body(full)
        await database?.close()
    }

    /// Publishes jobs with these numbers in one go, in a task of its own.
    func publish(_ numbers: Int..., outcomes: Outcomes) throws -> Task<Void, Never> {
        let messages = try numbers.map { try queue.message(Job(number: $0), as: QueueFixture.job) }
        begun.increment()
        return Task {
            do throws(MessagingError) {
                outcomes.append(.success(try await queue.publish(all: messages)))
            } catch {
                outcomes.append(.failure(error))
            }
        }
    }

    /// Waits until so many publishers wait for room.
    func untilWaiting(_ publishers: Int = 1) async throws {
        try await eventually("\(publishers) that wait") { clock.sleeperCount == publishers }
    }

    /// Moves the clock, whenever all publishers wait, until so many have ended.
    func advance(untilEnded outcomes: Outcomes, _ count: Int = 1) async throws {
        try await eventually("\(count) publishers that have ended", within: .seconds(30)) {
            let ended = outcomes.entries.count
            if ended < count, clock.sleeperCount == begun.value - ended { clock.advance(by: .milliseconds(5)) }
            return ended >= count
        }
    }

    /// Handles one message, as a worker does.
    func makeRoom() async throws {
        let claimed = try await queue.store.claim(1, from: queue.channel, lease: .seconds(30))
        for delivery in claimed { _ = try await queue.store.settle(delivery, .done) }
    }

    /// How many messages it holds.
    var depth: Int {
        get async throws { try await queue.statistics()[queue.channel]?.depth ?? 0 }
    }

    /// The numbers of the jobs that it holds; takes them out.
    func drain() async throws -> [Int] {
        let claimed = try await queue.store.claim(10, from: queue.channel, lease: .seconds(30))
        return try claimed.map { try QueueFixture.job.decode($0.message.data).number }
    }
}

/// Counts what is refused.
private final class Refusals: QueueObserver {
    let tally = Tally()

    func observe(_ event: QueueEvent) {
        if case .refused = event { tally.increment() }
    }
}
