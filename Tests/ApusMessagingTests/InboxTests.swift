// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Foundation
import Testing

@Suite("The inbox")
struct InboxTests {
    struct Failure: Error {}

    let message = Message(id: "1", type: "job", source: "/a", created: .distantPast, data: Array("1".utf8))
    let inbox = Inbox(consumer: "test")

    private func makeDatabase() async throws -> any Database {
        let (_, database, _) = try await QueueFixture.make()
        try await database.execute("CREATE TABLE effects (id INTEGER)")
        return database
    }

    private func effects(_ database: any Database) async throws -> Int? {
        try await database.value("SELECT COUNT(*) FROM effects")
    }

    @Test("lets the effect of a message happen once, also when copies come at the same time")
    func once() async throws {
        let database = try await makeDatabase()
        let happened = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await database.transaction { transaction in
                        try await inbox.once(message, in: transaction) {
                            try await transaction.execute("INSERT INTO effects VALUES (1)")
                        } != nil
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(happened == 1)
        #expect(try await effects(database) == 1)
    }

    @Test("lets it happen later if it failed with its transaction")
    func failure() async throws {
        let database = try await makeDatabase()
        await #expect(throws: Failure.self) {
            try await database.transaction { transaction in
                try await inbox.once(message, in: transaction) {
                    try await transaction.execute("INSERT INTO effects VALUES (1)")
                    throw Failure()
                }
            }
        }
        #expect(try await effects(database) == 0)
        let result = try await database.transaction { transaction in
            try await inbox.once(message, in: transaction) { "happened" }
        }
        #expect(result == "happened")
    }

    @Test("tells messages of different sources and consumers apart, and forgets what is old")
    func identity() async throws {
        let database = try await makeDatabase()
        var other = message
        other.source = "/b"
        let copy = other
        let results = try await database.transaction { transaction in
            [
                try await inbox.once(message, in: transaction) { 1 },
                try await inbox.once(copy, in: transaction) { 2 },
                try await Inbox(consumer: "second").once(message, in: transaction) { 3 },
                try await inbox.once(message, in: transaction) { 4 },
            ]
        }
        #expect(results == [1, 2, 3, nil])
        #expect(try await Inbox.forget(olderThan: .seconds(3600), in: database) == 0)
        #expect(try await Inbox.forget(olderThan: .seconds(-1), in: database) == 3)
    }
}
