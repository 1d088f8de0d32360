// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("Publishing inside a transaction")
struct TransactionalPublishTests {
    struct Failure: Error {}

    @Test("stores the message if the transaction commits, and wakes workers only then")
    func commit() async throws {
        let (queue, database, _) = try await QueueFixture.make()
        try queue.subscribe(QueueFixture.job) { _, _ in }
        try await database.execute("CREATE TABLE orders (id INTEGER)")
        let wakes = Tally()
        _ = queue.store.wake(on: .local) { wakes.increment() }
        let wakesInside = try await database.transaction { transaction in
            try await transaction.execute("INSERT INTO orders VALUES (1)")
            try await queue.publish(.init(number: 1), as: QueueFixture.job, in: transaction)
            return wakes.value
        }
        #expect(wakesInside == 0)
        #expect(wakes.value == 1)
        #expect(try await queue.statistics()[.local]?.waiting == 1)
    }

    @Test("stores nothing if the transaction rolls back")
    func rollback() async throws {
        let (queue, database, _) = try await QueueFixture.make()
        try queue.subscribe(QueueFixture.job) { _, _ in }
        let wakes = Tally()
        _ = queue.store.wake(on: .local) { wakes.increment() }
        await #expect(throws: Failure.self) {
            try await database.transaction { transaction in
                try await queue.publish(.init(number: 1), as: QueueFixture.job, in: transaction)
                throw Failure()
            }
        }
        #expect(wakes.value == 0)
        #expect(try await queue.statistics().isEmpty)
    }

    @Test("A second handler for a type is refused")
    func twoHandlers() async throws {
        let (queue, _, _) = try await QueueFixture.make()
        try queue.subscribe(QueueFixture.job) { _, _ in }
        #expect(throws: MessagingError.self) { try queue.subscribe(QueueFixture.job) { _, _ in } }
    }
}
