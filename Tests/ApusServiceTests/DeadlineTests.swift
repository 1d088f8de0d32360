// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusTelemetry
import NIOCore
import Synchronization
import Testing

@testable import ApusService

@Suite("The deadline of a request", .timeLimit(.minutes(1)))
struct DeadlineTests {
    /// Waits until it is opened, whatever happens to the task.
    private final class Stubborn: Sendable {
        private struct State {
            var isOpen = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }
        private let state = Mutex(State())
        let cancelled = Atomic(0)
        let finished = Atomic(0)

        func wait() async {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOpen = state.withLock { state in
                        if !state.isOpen { state.waiting.append(continuation) }
                        return state.isOpen
                    }
                    if isOpen { continuation.resume() }
                }
            } onCancel: {
                cancelled.add(1, ordering: .relaxed)
            }
            finished.add(1, ordering: .relaxed)
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private enum SlowAPI: Contract {
        static let name = "slow"
        static let version = "1.0.0"
        static var operations: [AnyOperation] {
            slow
            send
        }
        static let slow = Operation(.get, "/slow/{id}", name: "slow", parameters: NoteReference.self, output: Note.self)
        static let send = Operation(.post, "/slow", name: "send", body: NewNote.self, output: Note.self)
    }

    private struct Slow {
        let notes = NotesService()
        let gate = Stubborn()

        func responder(timeout: Duration) throws -> ServiceResponder {
            var configuration = ServiceConfiguration()
            configuration.timeout = timeout
            var builder = ServiceBuilder(
                SlowAPI.self, configuration: configuration, logger: notes.output.logger(label: "slow"),
                metrics: notes.metrics)
            let gate = gate
            builder.implement(SlowAPI.slow) { call in
                if call.parameters.id > 0 { await gate.wait() }
                return Note(id: call.parameters.id, title: "note")
            }
            builder.implement(SlowAPI.send) { call in Note(id: 1, title: call.body.title) }
            builder.route(.get, "/stream") { _ in
                HTTPResponse(
                    status: .ok,
                    body: HTTPBody(produce: { writer in
                        try await writer.write(.init(string: "one,"))
                        await gate.wait()
                        try await writer.write(.init(string: "two"))
                    }))
            }
            builder.route(.get, "/beside") { _ in
                await gate.wait()
                return HTTPResponse(status: .ok)
            }
            return try builder.build()
        }

        func metrics() -> String { String(decoding: PrometheusText.write(notes.metrics), as: UTF8.self) }
    }

    private typealias Get = @Sendable (String, Headers) async throws -> (HTTPResponse, String)

    /// Runs `test` with a service, and a function that sends it a GET.
    private func withService(
        timeout: Duration = .seconds(30),
        _ test: (Slow, @escaping Get) async throws -> Void
    ) async throws {
        let slow = Slow()
        try await Running.with { running in
            let client = running.client
            try await running.serve(slow.responder(timeout: timeout)) { address in
                try await test(slow) { target, headers in
                    let response = try await client.send(
                        HTTPRequest(.get, target, headers: headers), to: address.endpoint)
                    return (response, String(buffer: try await response.body.collect(upTo: 1 << 20)))
                }
                slow.gate.open()
            }
        }
    }

    private func eventually(_ what: String, _ condition: () -> Bool) async {
        let end = Instant.now.advanced(by: .seconds(10))
        while !condition() {
            guard Instant.now < end else {
                Issue.record("never: \(what)")
                return
            }
            await Task.yield()
        }
    }

    @Test("A handler that has no answer is answered for with 504 and cancelled, even if it doesn't care")
    func cutOff() async throws {
        try await withService(timeout: .milliseconds(50)) { slow, send in
            let begin = Instant.now
            let (response, text) = try await send("/slow/1", [.requestID: "late"])
            #expect(begin.duration(to: .now) >= .milliseconds(50))
            #expect(response.status == .gatewayTimeout)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.headers[.requestID] == "late")
            let problem = try ContractJSON.decode(Problem.self, from: text.utf8)
            #expect(problem.code == "deadline_exceeded" && problem.status == 504)
            #expect(problem.instance == "/slow/1" && problem.requestID == "late")
            #expect(slow.gate.cancelled.load(ordering: .relaxed) == 1)
            #expect(slow.gate.finished.load(ordering: .relaxed) == 0)
        }
    }

    @Test("It is counted and logged once, as 504, and the connection goes on")
    func once() async throws {
        try await withService(timeout: .milliseconds(50)) { slow, send in
            _ = try await send("/slow/1", [:])
            #expect(try await send("/slow/0", [:]).0.status == .ok)
            slow.gate.open()
            await eventually("the handler ends") { slow.gate.finished.load(ordering: .relaxed) == 1 }
            #expect(try await send("/slow/0", [:]).0.status == .ok)
            let metrics = slow.metrics()
            let labels = { (status: Int) in #"{method="GET",route="/slow/{id}",status="\#(status)"}"# }
            #expect(metrics.contains("http_server_requests_total\(labels(504)) 1"), "\(metrics)")
            #expect(metrics.contains("http_server_requests_total\(labels(200)) 2"))
            #expect(!metrics.contains(#"status="499""#))
            let lines = slow.notes.lines(with: #""message":"request""#)
            #expect(lines.count == 3 && lines.filter { $0.contains(#""status":504,"#) }.count == 1)
            #expect(lines.allSatisfy { $0.contains("request_id") })
        }
    }

    @Test("A caller's shorter time counts, for routes beside the contract too")
    func callers() async throws {
        try await withService { slow, send in
            for target in ["/slow/1", "/beside"] {
                let response = try await send(target, [.timeout: "40"]).0
                #expect(response.status == .gatewayTimeout)
            }
        }
    }

    @Test("Many requests with different times end in time, in their order, and nothing is left behind")
    func many() async throws {
        try await withService { slow, send in
            let order = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in (1...20).shuffled() {
                    group.addTask {
                        let status = try await send("/slow/1", [.timeout: "\(index * 25)"]).0.status
                        #expect(status == .gatewayTimeout)
                        return index
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            let misplaced = zip(order, order.dropFirst()).filter { $0 > $1 + 4 }
            #expect(misplaced.isEmpty, "\(order)")
            slow.gate.open()
            await eventually("handlers end") { slow.gate.finished.load(ordering: .relaxed) == 20 }
            #expect(slow.metrics().contains(#"http_server_requests_in_flight 0"#))
        }
    }

    @Test("A response that has begun is not cut off, nor is a route beside the contract whose caller sets no time")
    func begun() async throws {
        try await withService(timeout: .milliseconds(50)) { slow, send in
            async let streamed = send("/stream", [.timeout: "30"])
            async let beside = send("/beside", [:])
            // Something that is cut off later than both would be.
            let late = try await send("/slow/1", [:]).0
            #expect(late.status == .gatewayTimeout)
            slow.gate.open()
            #expect(try await streamed.1 == "one,two")
            #expect(try await beside.0.status == .ok)
        }
    }

    @Test("A body that doesn't come in time is 504 too")
    func body() async throws {
        try await Running.with { running in
            let slow = Slow()
            try await running.serve(slow.responder(timeout: .milliseconds(50))) { address in
                let body = HTTPBody(produce: { writer in
                    try await writer.write(.init(string: "{"))
                    await slow.gate.wait()
                })
                let request = HTTPRequest(.post, "/slow", body: body)
                let response = try await running.client.send(request, to: address.endpoint)
                #expect(response.status == .gatewayTimeout)
                slow.gate.open()
            }
        }
    }

    @Test("Handlers that answer leave the loop's list empty")
    func leaves() async throws {
        try await Running.with { running in
            let slow = Slow()
            try await running.serve(slow.responder(timeout: .seconds(30))) { address in
                for _ in 0..<5 {
                    let request = HTTPRequest(.get, "/slow/0")
                    let response = try await running.client.send(request, to: address.endpoint)
                    #expect(response.status == .ok)
                }
                let count = try await running.loops.all[0].eventLoop.submit { LoopDeadlines.current?.count }.get()
                #expect(count == 0)
            }
        }
    }
}
