// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Testing

@testable import ApusMessaging

@Suite("On PostgreSQL publishers of an ordering key take turns")
struct OrderingKeyLockTests {
    private let database = GatedDatabase()
    private let queue: MessageQueue

    init() throws {
        database.open()
        queue = MessageQueue(store: try SQLQueueStore(database: database, configuration: .init(source: "/test")))
    }

    @Test("also where nothing is to be learned from the answers: the lock comes before the row")
    func alone() async throws {
        try await queue.publish(1, as: MessageType<Int>("number"), .init(orderingKey: "key"))
        #expect(database.batches == [["lock apus_queue/local/key", "row"]])
    }

    @Test("several keys are locked in one order, whatever the order of the messages")
    func several() async throws {
        let messages = try ["b", "a", "b"].map { key in
            var message = try queue.message(1, as: MessageType<Int>("number"))
            message.orderingKey = key
            return message
        }
        try await queue.publish(all: messages, isRemembered: false)
        #expect(
            database.batches == [["lock apus_queue/local/a", "lock apus_queue/local/b", "row", "row", "row"]])
    }
}
