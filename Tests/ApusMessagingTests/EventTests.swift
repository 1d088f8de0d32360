// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Logging
import Testing

@Suite("Events of a contract")
struct EventTests {
    struct Moved: Event {
        let from: String
        let steps: Int

        static let type = "moved"
        static let schema = Schema<Moved> {
            Field("from", \.from)
            Field("steps", \.steps, .range(1...10))
        }
    }

    @Test("are published and handled by their declaration, and checked against its rules")
    func events() async throws {
        let (queue, database, _) = try await QueueFixture.make()
        let seen = Journal<String>()
        try queue.subscribe(to: Moved.self) { event, delivery in
            seen.append("\(delivery.message.type) \(event.from) \(event.steps)")
        }
        try await database.transaction { transaction in
            try await queue.publish(Moved(from: "a", steps: 3), in: transaction)
        }
        try await queue.publish(Moved(from: "b", steps: 99))
        let logger = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
        let worker = try QueueWorker(queue: queue, logger: logger)
        let running = Task { try await worker.run() }
        try await eventually("one handled, one dead") {
            let dead = try await queue.deadMessages().count
            return seen.entries.count == 1 && dead == 1
        }
        #expect(seen.entries == ["moved a 3"])
        let dead = try await queue.deadMessages()[0]
        #expect(dead.reason == .undecodable)
        #expect(dead.lastError?.contains("steps") == true)
        running.cancel()
        try await running.value
    }
}
