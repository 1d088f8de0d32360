// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusContract
import ApusHTTP
import ApusRuntime
import ApusSQL
import ApusService
import ApusTelemetry
import Foundation
import NIOCore

/// A program with a database in memory and a cache, run as its executable would run it.
struct RunningProgram {
    private struct Program: ServiceProgram {
        static let name = "notes"
        static var migrations: [Migrations] { [] }

        init() {}
        init(from settings: inout Settings, service: ServiceSettings) {}

        func assemble(_ host: ServiceHost) throws {
            var builder = host.runtime.builder(of: NotesAPI.self)
            NotesService().implement(&builder)
            let database = host.database
            let cache = try host.cache()
            builder.route(.get, "/big") { _ in
                HTTPResponse(status: .ok, body: HTTPBody(String(repeating: "x", count: 2_000)))
            }
            builder.route(.get, "/stream") { _ in
                HTTPResponse(
                    status: .ok,
                    body: HTTPBody { writer in
                        for _ in 0..<2 { try await writer.write(String(repeating: "y", count: 1_000)) }
                    })
            }
            builder.route(.post, "/insert") { _ in
                try await database.execute("INSERT INTO notes (title) VALUES ('a')")
                return HTTPResponse(status: .ok)
            }
            builder.route(.get, "/count") { _ in
                let count: Int? = try await database.value("SELECT count(*) FROM notes")
                return HTTPResponse(status: .ok, body: HTTPBody("\(count ?? 0)"))
            }
            builder.route(.get, "/careless") { _ in
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO notes (title) VALUES ('b')")
                    // Goes on although its connection is lost.
                    do { _ = try await transaction.query("SELECT 1") } catch {}
                }
                return HTTPResponse(status: .ok)
            }
            builder.route(.get, "/cache") { _ in
                do throws(CacheError) {
                    try await cache.set("key", "cached")
                } catch {
                    let loaded = try await cache.getOrLoad("key") { "loaded" }
                    return HTTPResponse(status: .ok, body: HTTPBody("\(error.code), \(loaded)"))
                }
                return HTTPResponse(status: .ok, body: HTTPBody(try await cache.getOrLoad("key") { "loaded" }))
            }
            host.runtime.addResource(
                "table",
                open: { try await database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)") },
                close: {})
            try host.runtime.serve(builder)
        }
    }

    typealias Answer = (status: Int, body: String)

    let host: ServiceHost
    private let client: HTTPClient
    private let endpoint: Origin

    /// Runs `test` with the program, which is given these settings besides.
    static func with(_ environment: [String: String], _ test: (RunningProgram) async throws -> Void) async throws {
        try await with(Program(), environment, test)
    }

    /// Runs `test` with `program`, which is given these settings besides.
    static func with<Running: ServiceProgram>(
        _ program: Running, _ environment: [String: String] = [:], _ test: (RunningProgram) async throws -> Void
    ) async throws {
        var reader = Settings(
            environment: environment.merging([
                "PORT": "0", "DATABASE_URL": "sqlite::memory:", "LOG_LEVEL": "critical", "APUS_EVENT_LOOPS": "1",
                "DRAIN_TIMEOUT": "1s",
            ]) { given, _ in given })
        let settings = ServiceSettings(from: &reader, name: Running.name)
        try reader.validate()
        let host = try await ServiceHost.start(program, settings, announce: { _ in })
        let loops = EventLoops(count: 1)
        let client = HTTPClient(loops: loops)
        let (ready, continuation) = AsyncStream.makeStream(of: Origin.self)
        host.runtime.onReady("test") { addresses in for address in addresses { continuation.yield(address.endpoint) } }
        let running = Task {
            defer { continuation.finish() }
            try await host.runtime.run()
        }
        var failure: (any Error)?
        for await endpoint in ready {
            do {
                try await test(RunningProgram(host: host, client: client, endpoint: endpoint))
            } catch {
                failure = error
            }
            break
        }
        host.runtime.stop()
        await client.shutdown()
        try await loops.shutdown()
        try await running.value
        if let failure { throw failure }
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse { try await client.send(request, to: endpoint) }

    func get(_ target: String, _ headers: Headers = [:]) async throws -> Answer {
        try await answer(HTTPRequest(.get, target, headers: headers))
    }

    func insert() async throws -> Answer { try await answer(HTTPRequest(.post, "/insert")) }

    /// Asks `/faults`.
    func faults(_ method: HTTPMethod, _ body: String = "", _ headers: Headers = [:]) async throws -> Answer {
        try await answer(HTTPRequest(method, "/faults", headers: headers, body: HTTPBody(body)))
    }

    private func answer(_ request: HTTPRequest) async throws -> Answer {
        let response = try await send(request)
        return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 16)))
    }

    /// Arms one rule.
    func arm(_ rule: String, for time: String = "60s") async throws -> Answer {
        try await faults(.post, #"{"for": "\#(time)", "rules": [{"name": "rule", \#(rule)}]}"#)
    }
}
