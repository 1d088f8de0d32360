// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusMessaging
import ApusRuntime
import ApusSQL
import ApusSQLite
import ApusTesting
import Foundation
import Logging
import Testing

@testable import ApusService

@Suite("The messages of a service")
struct ServiceMessagingTests {
    private static let tick = MessageType<Int>("tick")

    /// Publishes a tick each second, and handles it if it is told to.
    private struct Program: ServiceProgram {
        static let name = "notes"
        static var migrations: [Migrations] { [SQLQueueStore.migrations] }

        var handled: Journal<Int>?

        init() {}
        init(from settings: inout Settings, service: ServiceSettings) {}

        func assemble(_ host: ServiceHost) throws {
            let messaging = try host.messaging()
            if let handled {
                try messaging.subscribe(tick) { number, _ in handled.append(number) }
                messaging.schedule(Schedule("tick", .every(.seconds(1)), publishing: 7, as: tick))
            }
            try messaging.run()
            var builder = host.runtime.builder(of: NotesAPI.self)
            NotesService().implement(&builder)
            builder.offer(messaging)
            try host.runtime.serve(builder)
        }
    }

    @Test("A schedule's messages come to its handler, and are counted")
    func schedule() async throws {
        var program = Program()
        let handled = Journal<Int>()
        program.handled = handled
        try await RunningProgram.with(program) { running in
            try await eventually("a tick") { !handled.entries.isEmpty }
            #expect(handled.entries[0] == 7)
            let metrics = try await running.get("/metrics").body
            #expect(
                metrics.contains(#/apus_schedule_events_total\{(.*)event="published"(.*)\} [1-9]/#)
                    || metrics.contains(#/apus_schedule_events\{(.*)event="published"(.*)\} [1-9]/#))
            #expect(metrics.contains(#/apus_schedule_lateness_seconds_count\{schedule="tick"\} [1-9]/#))
        }
    }

    @Test("What comes to a service without handlers is dead, and can be looked at")
    func withoutHandlers() async throws {
        try await RunningProgram.with(Program()) { running in
            let message = Message(
                id: "1", type: "unheard_of", source: "/services/test", created: Date(), data: Array("{}".utf8))
            let response = try await running.send(
                HTTPRequest(
                    .post, "/events", headers: [.contentType: Message.cloudEventType],
                    body: HTTPBody(String(decoding: message.cloudEvent, as: UTF8.self))))
            #expect(response.status == .noContent)
            try await eventually("it is dead") {
                try await running.get("/queue/dead").body.contains(#""reason":"unhandled""#)
            }
            #expect(try await running.get("/queue/subscribers").status == 404)
        }
    }

    @Test("Inboxes forget what can't come again, and channels that nobody works on are named")
    func keeper() async throws {
        let database = try await SQLiteDatabase.open(url: "sqlite::memory:")
        try await SQLQueueStore.migrations.run(on: database)
        let store = try SQLQueueStore(database: database, configuration: .init(source: "/services/notes"))
        let queue = MessageQueue(
            store: store, routing: .subscriptions([Subscription(service: "gone", types: ["tick"])]))
        try await queue.publish(1, as: Self.tick)
        let now = queue.clock.microseconds
        let old = now - Duration.seconds(39 * 86_400).microseconds
        for (message, received) in [("old", old), ("new", now)] {
            try await database.execute(
                "INSERT INTO apus_inbox (consumer, message, received_at) VALUES ('a', \(message), \(received))")
        }
        func keeper(worked: Set<ApusMessaging.Channel>) -> QueueKeeper {
            QueueKeeper(
                outbox: queue, worked: worked, database: database, broker: nil,
                logger: Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() })
        }
        #expect(await keeper(worked: [.local, .service("gone")]).problems().isEmpty)
        let stranded = keeper(worked: [.local])
        #expect(
            await stranded.problems() == [
                "messages wait in the channel service/gone, on which nobody works here any more"
            ])
        let running = Task { try await stranded.run() }
        try await eventually("the old is forgotten") {
            try await database.value("SELECT COUNT(*) FROM apus_inbox") == 1
        }
        #expect(try await database.value("SELECT message FROM apus_inbox") == "new")
        running.cancel()
        try await running.value
        await database.close()
    }
}
