// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Foundation

/// A queue on SQLite with a clock moved by hand.
enum QueueFixture {
    struct Job: Codable, Sendable, Equatable {
        var number: Int
    }

    static let job = MessageType<Job>("job")

    static func make(
        url: String = "sqlite::memory:", clock: ManualClock = ManualClock(), wall: Double = 1_800_000_000,
        capacity: Int = 5_000, subscriptions: [Subscription] = [], observer: (any QueueObserver)? = nil
    ) async throws -> (queue: MessageQueue, database: SQLiteDatabase, clock: ManualClock) {
        let database = try await SQLiteDatabase.open(
            url: url, configuration: .init(time: clock.timeSource))
        try await SQLQueueStore.migrations.run(on: database)
        let store = try SQLQueueStore(
            database: database, configuration: .init(source: "/services/test", capacity: capacity),
            clock: clock.queueClock(wallOrigin: Date(timeIntervalSince1970: wall)))
        let queue = MessageQueue(store: store, routing: .subscriptions(subscriptions), observer: observer)
        return (queue, database, clock)
    }
}
