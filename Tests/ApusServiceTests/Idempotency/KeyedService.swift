// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusService
import ApusTelemetry
import ApusTesting
import Foundation
import Logging
import NIOCore

/// Operations with idempotency keys on a database of its own. What a title says happens.
final class KeyedService: Sendable {
    struct Broken: Error {}

    let database: any Database
    let keys: IdempotencyKeys
    let metrics = MetricsRegistry()
    let logger = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }
    let clock = ManualClock()
    /// Titles whose letters were sent.
    let letters = Journal<String>()
    /// Holds letters whose title is `held`.
    let gate = Gate()

    init(_ configuration: IdempotencyConfiguration = .init()) async throws {
        database = try await SQLiteDatabase.open(url: "sqlite::memory:")
        try await IdempotencyRecords.migrations.run(on: database)
        try await database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
        keys = try IdempotencyKeys(
            database: database, configuration: configuration, metrics: metrics,
            logger: logger, clock: clock.queueClock())
    }

    func builder() -> ServiceBuilder {
        var service = ServiceBuilder(
            KeyedAPI.self, logger: logger, metrics: metrics)
        service.implement(
            KeyedAPI.write, once: keys, remembering: [KeyedAPI.forbiddenWord],
            scope: { $0.request.http.head.headers["X-Caller"] ?? "" }
        ) { call, transaction in
            let title = call.body.title
            let rows = try await (transaction ?? self.database).query(
                "INSERT INTO notes (title) VALUES (\(title)) RETURNING id")
            switch title {
            case "taken": throw Problem(KeyedAPI.taken, "There is one.")
            case "damn": throw Problem(KeyedAPI.forbiddenWord, "Mind your words.")
            case "broken": throw Broken()
            case "unavailable": return Reply(Note(id: 0, title: title), status: HTTPStatus(503))
            default:
                let id: Int = try rows[0][0]
                return .created(
                    Note(id: id, title: title), location: "/v1/notes/\(id)", etag: EntityTag(version: id))
            }
        }
        service.implement(KeyedAPI.send, leasing: keys, remembering: [KeyedAPI.taken]) { call in
            let title = call.body.title
            self.letters.append(title)
            if title == "held" { await self.gate.wait() }
            if title == "broken" { throw Broken() }
            if title == "taken" { throw Problem(KeyedAPI.taken, "There is one.") }
            return .ok(Note(id: self.letters.entries.count, title: title))
        }
        return service
    }

    /// What the clock of the records shows after a while, in microseconds.
    func wall(in duration: Duration) -> Int64 {
        clock.queueClock().date.microsecondsSince1970 + duration.nanoseconds / 1000
    }

    func count(_ table: String) async throws -> Int {
        try await database.value("SELECT COUNT(*) FROM \(identifier: table)") ?? -1
    }

    /// An answer as a test compares it.
    struct Seen: Equatable {
        var status: Int
        var body: String
        var location: String?
        var etag: String?
        var isReplay: Bool
        var retryAfter: String?

        /// The code of a problem.
        var code: String? {
            (try? ContractJSON.decode(Problem.self, from: body.utf8))?.code
        }
    }

    /// Posts a body to a path of the running service.
    typealias Post = @Sendable (_ path: String, _ body: String, _ headers: Headers) async throws -> Seen

    /// Runs `test` with a function that posts to the running service.
    func serve(_ test: (@escaping Post) async throws -> Void) async throws {
        try await Running.with { running in
            try await running.serve(builder().build()) { address in
                let client = running.client
                try await test { path, body, headers in
                    let request = HTTPRequest(.post, path, headers: headers, body: HTTPBody(body))
                    let response = try await client.send(request, to: address.endpoint)
                    return Seen(
                        status: response.status.code,
                        body: String(buffer: try await response.body.collect(upTo: 1 << 20)),
                        location: response.headers[.location], etag: response.headers[.etag],
                        isReplay: response.headers["Idempotency-Replayed"] == "true",
                        retryAfter: response.headers[.retryAfter])
                }
            }
        }
        await database.close()
    }
}
