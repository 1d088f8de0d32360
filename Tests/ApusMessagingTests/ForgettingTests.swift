// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("What a queue in SQL tables remembers")
struct ForgettingTests {
    @Test("is forgotten after its time, however much it is, and not before")
    func finished() async throws {
        let (queue, database, clock) = try await QueueFixture.make(capacity: 20_000)
        let number = 12_000
        let messages = try (0..<number).map { try queue.message(QueueFixture.Job(number: $0), as: QueueFixture.job) }
        try await queue.publish(all: messages)
        var left = number
        while left > 0 {
            let deliveries = try await queue.store.claim(1_000, from: .local, lease: .seconds(30))
            left -= deliveries.count
            _ = try await queue.store.settle(deliveries.map { SettledDelivery($0, .done) })
        }
        func rows() async throws -> Int? { try await database.value("SELECT COUNT(*) FROM apus_queue") }
        clock.advance(by: queue.configuration.deduplicationWindow - .seconds(1))
        try await queue.store.maintain(.local, lease: .seconds(30))
        #expect(try await rows() == number)
        #expect(try await queue.publish(messages[0]) == .duplicate)
        clock.advance(by: .seconds(2))
        try await queue.store.maintain(.local, lease: .seconds(30))
        #expect(try await rows() == 0)
        await database.close()
    }
}
