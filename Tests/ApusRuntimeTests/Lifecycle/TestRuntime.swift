// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import ApusTelemetry
import Logging
import ServiceLifecycle

/// A runtime on a free port of loopback that logs to memory.
struct TestRuntime {
    let runtime: ServiceRuntime
    let target = MemoryLogTarget()

    init(
        _ arguments: [String] = [], announce: @escaping @Sendable (ServerAddress) -> Void = { _ in }
    ) throws {
        var reader = Settings(arguments: ["--port=0", "--apus-event-loops=1"] + arguments)
        let settings = ServiceSettings(from: &reader, name: "test")
        try reader.validate()
        let output = LogOutput(target: target, service: "test", level: .debug)
        runtime = ServiceRuntime(
            settings, telemetry: ServiceTelemetry(output: output, metrics: MetricsRegistry()), announce: announce)
    }

    /// The lines logged so far.
    var log: [String] {
        runtime.telemetry.output.flush()
        return target.lines
    }
}

/// Answers the operations endpoints, and `/wait` when the gate opens.
struct OpsResponder: HTTPResponder {
    let ops: OpsEndpoints
    var gate = Gate()

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.head.path == "/wait" {
            await gate.wait()
            return HTTPResponse(status: .ok)
        }
        guard let answer = ops.answer(path: request.head.path) else { return HTTPResponse(status: 404) }
        return HTTPResponse(
            status: HTTPStatus(answer.status), headers: [.contentType: answer.contentType],
            body: HTTPBody(String(decoding: answer.body, as: UTF8.self)))
    }
}

/// Notes its start and its graceful end.
struct RecordedService: Service {
    let name: String
    let recorder: Recorder

    func run() async throws {
        recorder.note("\(name) runs")
        try await gracefulShutdown()
        recorder.note("\(name) ends")
    }
}

/// Ends when the gate opens, whatever it is asked.
struct StuckService: Service {
    let gate: Gate

    func run() async throws { await gate.wait() }
}
