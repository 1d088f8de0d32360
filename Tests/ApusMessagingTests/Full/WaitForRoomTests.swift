// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("A publisher that waits for room in a full channel")
struct WaitForRoomTests {
    @Test("is done when there is room, and not before", arguments: FullQueue.Place.allCases)
    func room(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, outcomes: outcomes)
            let began = full.clock.now
            try await full.untilWaiting()
            // Without room it tries again in vain.
            full.clock.advance(by: .milliseconds(5))
            try await full.untilWaiting()
            #expect(outcomes.entries.isEmpty)
            #expect(try await full.depth == 2)
            try await full.makeRoom()
            try await full.advance(untilEnded: outcomes)
            await publisher.value
            #expect(try outcomes.entries.map { try $0.get() } == [[.stored]])
            #expect(began.duration(to: full.clock.now) < .milliseconds(300))
            #expect(full.refusals.value == 0)
            #expect(try await full.drain() == [1, 2])
        }
    }

    @Test("is refused, typed, when its time is over, and nothing is stored", arguments: FullQueue.Place.allCases)
    func timeOver(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, outcomes: outcomes)
            let began = full.clock.now
            try await full.untilWaiting()
            try await full.advance(untilEnded: outcomes)
            await publisher.value
            let error = try #require(outcomes.entries.first?.failure)
            #expect(error.code == .overloaded)
            #expect(error.retryAfter != nil)
            #expect(began.duration(to: full.clock.now) == .seconds(1))
            // Once, however often it was tried.
            #expect(full.refusals.value == 1)
            #expect(try await full.drain() == [0, 1])
        }
    }

    @Test("takes room that comes in the last moment", arguments: FullQueue.Place.allCases)
    func lastMoment(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place, waiting: .milliseconds(100)) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, outcomes: outcomes)
            let end = full.clock.now.advanced(by: .milliseconds(100))
            try await eventually("the last moment") {
                if full.clock.sleeperCount == 1 { full.clock.advance(by: .milliseconds(1)) }
                return full.clock.now.duration(to: end) == .milliseconds(1)
            }
            try await full.untilWaiting()
            try await full.makeRoom()
            full.clock.advance(by: .milliseconds(1))
            await publisher.value
            #expect(try outcomes.entries.map { try $0.get() } == [[.stored]])
        }
    }

    @Test("that may wait for less than a try again takes tries again all the same", arguments: FullQueue.Place.allCases)
    func shortest(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place, waiting: .milliseconds(1)) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, outcomes: outcomes)
            try await full.untilWaiting()
            try await full.makeRoom()
            full.clock.advance(by: .milliseconds(1))
            await publisher.value
            #expect(try outcomes.entries.map { try $0.get() } == [[.stored]])
        }
    }

    @Test("that is cancelled ends at once, typed, and nothing is stored", arguments: FullQueue.Place.allCases)
    func cancelled(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, outcomes: outcomes)
            try await full.untilWaiting()
            publisher.cancel()
            // No clock moves.
            await publisher.value
            let error = try #require(outcomes.entries.first?.failure)
            #expect(error.code == .cancelled)
            #expect(full.refusals.value == 0)
            #expect(full.clock.sleeperCount == 0)
            // Not even when there is room.
            try await full.makeRoom()
            full.clock.advance(by: .seconds(1))
            #expect(try await full.drain() == [1])
        }
    }

    @Test(
        "and others wait for one place: one of them gets it, the others are refused in the end",
        arguments: FullQueue.Place.allCases)
    func manyWaiters(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place) { full in
            let outcomes = FullQueue.Outcomes()
            let publishers = try (2..<22).map { try full.publish($0, outcomes: outcomes) }
            try await full.untilWaiting(20)
            try await full.makeRoom()
            try await full.advance(untilEnded: outcomes)
            try await full.untilWaiting(19)
            #expect(try outcomes.entries.map { try $0.get() } == [[.stored]])
            #expect(try await full.depth == 2)
            try await full.advance(untilEnded: outcomes, 20)
            for publisher in publishers { await publisher.value }
            #expect(outcomes.entries.dropFirst().map { $0.failure?.code } == .init(repeating: .overloaded, count: 19))
            #expect(full.refusals.value == 19)
            let left = try await full.drain()
            #expect(left.count == 2 && left[0] == 1 && (2..<22).contains(left[1]))
        }
    }

    @Test(
        "and others get a place each as places come free, and none is taken twice", arguments: FullQueue.Place.allCases)
    func placeAfterPlace(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place, waiting: .seconds(60)) { full in
            let outcomes = FullQueue.Outcomes()
            let publishers = try (2..<12).map { try full.publish($0, outcomes: outcomes) }
            try await full.untilWaiting(10)
            for place in 1...10 {
                try await full.makeRoom()
                try await full.advance(untilEnded: outcomes, place)
                try await full.untilWaiting(10 - place)
                #expect(outcomes.entries.count == place)
                #expect(try await full.depth == 2)
            }
            for publisher in publishers { await publisher.value }
            #expect(try outcomes.entries.map { try $0.get() } == .init(repeating: [.stored], count: 10))
        }
    }

    @Test("of several messages waits until there is room for all of them", arguments: FullQueue.Place.allCases)
    func batch(place: FullQueue.Place) async throws {
        try await FullQueue.run(on: place) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, 3, outcomes: outcomes)
            try await full.untilWaiting()
            try await full.makeRoom()
            full.clock.advance(by: .milliseconds(5))
            try await full.untilWaiting()
            #expect(try await full.depth == 1)
            try await full.makeRoom()
            try await full.advance(untilEnded: outcomes)
            await publisher.value
            #expect(try outcomes.entries.map { try $0.get() } == [[.stored, .stored]])
            #expect(try await full.drain() == [2, 3])
        }
    }

    @Test("hears within about a second of room that another process made")
    func otherProcess() async throws {
        try await FullQueue.run(on: .sqlite, waiting: .seconds(10)) { full in
            let outcomes = FullQueue.Outcomes()
            let publisher = try full.publish(2, outcomes: outcomes)
            try await full.untilWaiting()
            let database = try #require(full.database)
            let other = try SQLQueueStore(
                database: database, configuration: full.queue.configuration, clock: full.clock.queueClock())
            let claimed = try await other.claim(1, from: full.queue.channel, lease: .seconds(30))
            #expect(try await other.settle(try #require(claimed.first), .done))
            let freed = full.clock.now
            try await full.advance(untilEnded: outcomes)
            await publisher.value
            #expect(try outcomes.entries.map { try $0.get() } == [[.stored]])
            #expect(freed.duration(to: full.clock.now) <= .milliseconds(1_205))
        }
    }

    @Test("in a transaction doesn't wait: what it had done is rolled back with the refusal")
    func transaction() async throws {
        try await FullQueue.run(on: .sqlite) { full in
            let database = try #require(full.database)
            try await database.execute("CREATE TABLE orders (id BIGINT NOT NULL)")
            // No clock moves: would it wait, this wouldn't end.
            let error = await #expect(throws: MessagingError.self) {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO orders (id) VALUES (1)")
                    try await full.queue.publish(FullQueue.Job(number: 2), as: QueueFixture.job, in: transaction)
                }
            }
            #expect(error?.code == .overloaded && error?.retryAfter != nil)
            #expect(full.refusals.value == 1)
            let orders: Int? = try await database.value("SELECT COUNT(*) FROM orders")
            #expect(orders == 0)
            #expect(try await full.drain() == [0, 1])
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
