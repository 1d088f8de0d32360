// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusRuntime
import NIOCore
import ServiceLifecycle
import Testing

@Suite("The life of a service", .timeLimit(.minutes(1)))
struct ServiceRuntimeTests {
    struct Broken: Error {}

    @Test("starts in order and ends in the order that loses nothing")
    func order() async throws {
        let recorder = Recorder()
        let test = try TestRuntime(announce: { _ in recorder.note("listening") })
        let runtime = test.runtime
        for name in ["a", "b"] {
            runtime.addResource(
                name, open: { recorder.note("open \(name)") }, close: { recorder.note("close \(name)") })
        }
        runtime.add("worker", service: RecordedService(name: "worker", recorder: recorder))
        runtime.addServer(responder: OpsResponder(ops: runtime.ops))
        for name in ["one", "two"] {
            runtime.onReady(name) { addresses in
                recorder.note("ready \(name)")
                if addresses.count != 1 || addresses[0].port == 0 { throw Broken() }
            }
            runtime.onDrain(name) { recorder.note("drain \(name)") }
        }
        let client = EventLoops(count: 1)
        let http = HTTPClient(loops: client)
        runtime.onDrain("probe") {
            // Readiness is off and requests are still answered.
            let status = try await http.send(HTTPRequest(.get, "/readyz"), to: runtime.addresses[0].endpoint).status
            recorder.note("readyz \(status.code)")
        }
        let running = Task { try await runtime.run() }
        await eventually("ready") { recorder.events.contains("ready two") && recorder.events.contains("worker runs") }
        let endpoint = runtime.addresses[0].endpoint
        #expect(try await http.send(HTTPRequest(.get, "/readyz"), to: endpoint).status.code == 200)
        #expect(try await http.send(HTTPRequest(.get, "/metrics"), to: endpoint).status.code == 200)
        runtime.stop()
        try await running.value
        #expect(
            recorder.events.filter { $0 != "worker runs" } == [
                "open a", "open b", "listening", "ready one", "ready two",
                "readyz 503", "drain two", "drain one", "worker ends", "close b", "close a",
            ])
        await #expect(throws: CallFailure.self) { try await http.send(HTTPRequest(.get, "/"), to: endpoint) }
        let log = test.log
        for message in ["listening", "ready", "draining", "ended"] {
            #expect(log.contains { $0.contains(#""message":"\#(message)""#) }, "\(message)")
        }
        // None of its own lines uses a name that belongs to the line itself.
        #expect(log.filter { $0.contains("fields.") } == [])
        await http.shutdown()
        try await client.shutdown()
    }

    @Test("a request in flight is answered before the end")
    func drain() async throws {
        let test = try TestRuntime()
        let runtime = test.runtime
        let responder = OpsResponder(ops: runtime.ops)
        runtime.addServer(responder: responder)
        let running = Task { try await runtime.run() }
        await eventually("ready") { runtime.health.report().isReady }
        let client = EventLoops(count: 1)
        let http = HTTPClient(loops: client)
        let endpoint = runtime.addresses[0].endpoint
        async let response = http.send(HTTPRequest(.get, "/wait"), to: endpoint)
        await eventually("in flight") { responder.gate.waiting == 1 }
        runtime.stop()
        await eventually("draining") { runtime.health.phase == .draining }
        responder.gate.open()
        #expect(try await response.status.code == 200)
        try await running.value
        await http.shutdown()
        try await client.shutdown()
    }

    @Test("what hangs is cut off after the drain timeout, and that is logged")
    func bounded() async throws {
        let test = try TestRuntime(["--drain-timeout=100ms"])
        let runtime = test.runtime
        let gate = Gate()
        runtime.onDrain("stuck hook") { await gate.wait() }
        runtime.addResource("stuck resource", close: { await gate.wait() })
        runtime.addServer(responder: OpsResponder(ops: runtime.ops))
        let running = Task { try await runtime.run() }
        await eventually("ready") { runtime.health.report().isReady }
        runtime.stop()
        try await running.value
        #expect(gate.waiting == 2)
        let late = test.log.filter { $0.contains("took too long") }
        #expect(late.contains { $0.contains("stuck hook") })
        #expect(late.contains { $0.contains("stuck resource") })
        gate.open()
    }

    @Test("a start that fails undoes what was done and nothing else")
    func failedStart() async throws {
        let recorder = Recorder()
        let test = try TestRuntime()
        let runtime = test.runtime
        runtime.addResource("a", open: { recorder.note("open a") }, close: { recorder.note("close a") })
        runtime.addResource("b", open: { throw Broken() }, close: { recorder.note("close b") })
        runtime.addServer(responder: OpsResponder(ops: runtime.ops))
        runtime.onDrain { recorder.note("drain") }
        await #expect(throws: Broken.self) { try await runtime.run() }
        #expect(recorder.events == ["open a", "close a"])
        #expect(runtime.addresses.isEmpty)
    }

    @Test("a stop during the start ends it")
    func stopDuringStart() async throws {
        let recorder = Recorder()
        let gate = Gate()
        let test = try TestRuntime()
        let runtime = test.runtime
        runtime.addResource("slow", open: { await gate.wait() }, close: { recorder.note("close slow") })
        runtime.addResource("never", open: { recorder.note("open never") }, close: {})
        let running = Task { try await runtime.run() }
        await eventually("it starts") { gate.waiting == 1 }
        runtime.stop()
        await eventually("draining") { runtime.health.phase == .draining }
        gate.open()
        try await running.value
        #expect(recorder.events == ["close slow"])
    }

    @Test("cancelling the task that runs it is a graceful stop")
    func cancelled() async throws {
        let recorder = Recorder()
        let test = try TestRuntime()
        let runtime = test.runtime
        runtime.add("worker", service: RecordedService(name: "worker", recorder: recorder))
        let running = Task { try await runtime.run() }
        await eventually("running") { recorder.events == ["worker runs"] && runtime.health.report().isReady }
        running.cancel()
        try await running.value
        #expect(recorder.events == ["worker runs", "worker ends"])
    }

    @Test("a background service that throws or just ends, ends the process", arguments: [true, false])
    func serviceEnds(throwing: Bool) async throws {
        struct Short: Service {
            let throwing: Bool
            func run() async throws { if throwing { throw Broken() } }
        }
        let recorder = Recorder()
        let test = try TestRuntime()
        let runtime = test.runtime
        runtime.addResource("a", close: { recorder.note("close a") })
        runtime.add("short", service: Short(throwing: throwing))
        let error = await #expect(throws: (any Error).self) { try await runtime.run() }
        if throwing {
            #expect(error is Broken)
        } else {
            #expect("\(error.map { "\($0)" } ?? "")" == "service short ended unexpectedly")
        }
        #expect(recorder.events == ["close a"])
    }

    @Test("it runs once")
    func once() async throws {
        let test = try TestRuntime()
        test.runtime.stop()
        try await test.runtime.run()
        await #expect(throws: StartError.self) { try await test.runtime.run() }
    }

    @Test("runtimes that share loops leave them alone")
    func shared() async throws {
        let first = try TestRuntime()
        let loops = EventLoops(count: 1)
        let watchdog = LoopWatchdog(loops: loops, logger: first.runtime.logger)
        let runtime = ServiceRuntime(first.runtime.settings, telemetry: first.runtime.telemetry, sharing: watchdog) {
            _ in
        }
        runtime.stop()
        try await runtime.run()
        #expect(try await loops.all[0].eventLoop.submit { 1 }.get() == 1)
        try await loops.shutdown()
        first.runtime.stop()
        try await first.runtime.run()
    }
}
