// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusService
import ApusTelemetry
import ApusTesting
import Foundation
import Logging
import NIOCore
import Synchronization

/// A service on one event loop whose requests take 25 ms of that loop's CPU time each, and clients on another one.
///
/// What is measured is counted in such units of work and in CPU time, so that a machine that is busy with other things
/// changes nothing.
final class OverloadedService: Sendable {
    private enum BusyAPI: Contract {
        static let name = "busy"
        static let version = "1.0.0"
        static var operations: [AnyOperation] { upload }
        static let upload = Operation(.post, "/upload", name: "upload", body: NewNote.self, output: Note.self)
    }

    /// Clients that ask again as soon as they have an answer, but at most once in a while.
    struct Clients: Sendable {
        let count: Int
        let priority: CallPriority
        let period: Duration

        init(_ count: Int, of priority: CallPriority, every period: Duration = .zero) {
            self.count = count
            self.priority = priority
            self.period = period
        }
    }

    private let loops = EventLoops(count: 1)
    private let clientLoops = EventLoops(count: 1)
    private let client: HTTPClient
    private let registry = MetricsRegistry()
    private let target = MemoryLogTarget()
    private let output: LogOutput
    private let endpoint = Mutex(Origin(host: "127.0.0.1", port: 1))
    /// The handlers that began.
    private let units = Atomic(0)
    private let running = Mutex<OverloadReport?>(nil)

    static func with(shedsLoad: Bool = true, _ test: (OverloadedService) async throws -> Void) async throws {
        let service = OverloadedService()
        var failure: (any Error)?
        do {
            try await service.serve(shedsLoad, test)
        } catch {
            failure = error
        }
        await service.client.shutdown()
        try await service.clientLoops.shutdown()
        try await service.loops.shutdown()
        if let failure { throw failure }
    }

    private init() {
        client = HTTPClient(loops: clientLoops)
        output = LogOutput(target: target, service: "busy", level: .info)
    }

    private func serve(_ shedsLoad: Bool, _ test: (OverloadedService) async throws -> Void) async throws {
        let logger = output.logger(label: "busy")
        var configuration = ServiceConfiguration()
        configuration.shedsLoad = shedsLoad
        let operations = OpsEndpoints(health: HealthChecks(service: "busy")) { _ in ("text/plain", []) }
        var builder = ServiceBuilder(
            BusyAPI.self, configuration: configuration, logger: logger, metrics: registry, operations: operations,
            watchdog: LoopWatchdog(loops: loops, logger: logger))
        for priority in CallPriority.allCases {
            builder.route(.get, PathTemplate("/\(priority)"), priority: priority) { request in
                self.work(seen: request.http.head.headers["Seen"].flatMap { Int($0) } ?? 0)
                return HTTPResponse(status: .ok)
            }
        }
        builder.implement(BusyAPI.upload, priority: .sheddable) { call in Note(id: 1, title: call.body.title) }
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            responder: try builder.build())
        let address = try await server.start()
        endpoint.withLock { $0 = address.endpoint }
        var failure: (any Error)?
        do {
            try await test(self)
        } catch {
            failure = error
        }
        await server.drain(within: .milliseconds(200))
        if let failure { throw failure }
    }

    /// Works, on the event loop.
    private func work(seen: Int) {
        let before = units.add(1, ordering: .relaxed).oldValue
        running.withLock { $0?.waits.append(before - seen) }
        let end = Self.usedByThread() + .milliseconds(25)
        while Self.usedByThread() < end {}
    }

    // MARK: Asking

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await client.send(request, to: endpoint.withLock { $0 })
    }

    func get(_ target: String) async throws -> HTTPResponse { try await send(HTTPRequest(.get, target)) }

    func metrics() -> String { String(decoding: PrometheusText.write(registry), as: UTF8.self) }

    func lines(with text: String) -> [String] {
        output.flush()
        return target.lines.filter { $0.contains(text) }
    }

    /// Lets clients ask until so many units of work were done, once all of them have been heard.
    ///
    /// - Parameter warmUp: how many units are done before; by default one for each client, which have all been heard then.
    func load(_ clients: [Clients], warmUp: Int? = nil, units count: Int) async throws -> OverloadReport {
        var report = OverloadReport()
        try await during(clients) {
            let first = units.load(ordering: .relaxed)
            try await reach(first + (warmUp ?? clients.reduce(0) { $0 + $1.count }))
            report = try await record(units: count)
        }
        return report
    }

    /// What happens until so many more units of work were done.
    private func record(units count: Int) async throws -> OverloadReport {
        let before = try await mark()
        running.withLock { $0 = OverloadReport() }
        try await reach(before.units + count)
        var report = running.withLock { running in
            defer { running = nil }
            return running ?? OverloadReport()
        }
        let after = try await mark()
        report.units = after.units - before.units
        report.used = after.used - before.used
        return report
    }

    /// Lets clients ask while `body` runs, and somebody else ask for its health.
    func during(_ clients: [Clients], _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for kind in clients {
                for index in 0..<kind.count {
                    group.addTask { try await self.ask(kind, offset: kind.period * index / kind.count) }
                }
            }
            group.addTask { try await self.watchHealth() }
            try await body()
            group.cancelAll()
            // They end because of that.
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !isEnd(error) { throw error }
            }
        }
    }

    private func isEnd(_ error: any Error) -> Bool {
        error is CancellationError || (error as? CallFailure)?.code == .cancelled
    }

    private func ask(_ clients: Clients, offset: Duration) async throws {
        try await pause(offset)
        var next = Instant.now
        while !Task.isCancelled {
            let seen = "\(units.load(ordering: .relaxed))"
            let response = try await send(HTTPRequest(.get, "/\(clients.priority)", headers: ["Seen": seen]))
            running.withLock { $0?.count(clients.priority, response.status) }
            next = max(next.advanced(by: clients.period), .now)
            try await pause(Instant.now.duration(to: next))
        }
    }

    private func watchHealth() async throws {
        while !Task.isCancelled {
            for path in ["/health", "/livez"] {
                let status = try await get(path).status
                running.withLock { $0?.countHealth(status) }
            }
            try await pause(.milliseconds(50))
        }
    }

    private func reach(_ count: Int) async throws {
        try await eventually("\(count) units are done", within: .seconds(120)) {
            units.load(ordering: .relaxed) >= count
        }
    }

    /// What makes the load what it is: a client asks once in a while.
    private func pause(_ time: Duration) async throws {
        guard time > .zero else { return }
        let loop = clientLoops.all[0].eventLoop
        try await loop.scheduleTask(in: .nanoseconds(time.nanoseconds)) {}.futureResult.get()
    }

    /// What the service's loop has done so far, and the CPU time that it has used.
    private func mark() async throws -> (units: Int, used: Duration) {
        try await loops.all[0].eventLoop.submit { (self.units.load(ordering: .relaxed), Self.usedByThread()) }.get()
    }

    private static func usedByThread() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
