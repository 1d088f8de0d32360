// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Testing

@testable import ApusRuntime

@Suite("What ends a process", .serialized, .timeLimit(.minutes(1)))
struct ExitTests {
    @Test("SIGTERM and SIGINT drain, and the status is 0", arguments: [SIGTERM, SIGINT])
    func signals(number: Int32) async throws {
        let recorder = Recorder()
        let test = try TestRuntime()
        let runtime = test.runtime
        runtime.addResource("a", close: { recorder.note("close a") })
        let status = Task { await runtime.runUntilExit() }
        await eventually("ready") { runtime.health.report().isReady }
        kill(getpid(), number)
        #expect(await status.value == 0)
        #expect(recorder.events == ["close a"])
        #expect(test.log.contains { $0.contains("draining") && $0.contains(number == SIGTERM ? "SIGTERM" : "SIGINT") })
    }

    @Test("the first signal asks, each further one insists")
    func secondSignal() async {
        let recorder = Recorder()
        let watch = await SignalWatch(first: { recorder.note("first \($0)") }, again: { recorder.note("again") })
        kill(getpid(), SIGINT)
        await eventually("first") { recorder.events == ["first SIGINT"] }
        kill(getpid(), SIGTERM)
        await eventually("again") { recorder.events == ["first SIGINT", "again"] }
        watch.stop()
    }

    @Test("a second signal ends the process at once, with status 1")
    func insisted() async {
        await #expect(processExitsWith: .exitCode(1)) {
            let test = try TestRuntime(["--drain-timeout=1h"])
            let runtime = test.runtime
            let gate = Gate()
            runtime.add("stuck", service: StuckService(gate: gate))
            let status = Task { await runtime.runUntilExit() }
            await eventually("ready") { runtime.health.report().isReady && gate.waiting == 1 }
            kill(getpid(), SIGTERM)
            await eventually("draining") { runtime.health.phase == .draining }
            kill(getpid(), SIGTERM)
            exit(await status.value)
        }
    }

    @Test("a failure has status 1, wrong settings have status 2, and both are logged", arguments: [1, 2])
    func failures(status: Int32) async throws {
        let test = try TestRuntime()
        test.runtime.addResource("a", open: { throw StartError("no such thing", exitStatus: status) }, close: {})
        #expect(await test.runtime.runUntilExit() == status)
        #expect(test.log.contains { $0.contains(#""level":"critical""#) && $0.contains("no such thing") })
    }

    @Test("the end of a supervisor's pipe is noticed, what comes before is not")
    func supervisor() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let ended = Atomic(0)
        InputWatch.start(ends[0]) { ended.add(1, ordering: .relaxed) }
        #expect(write(ends[1], "hello", 5) == 5)
        #expect(ended.load(ordering: .relaxed) == 0)
        close(ends[1])
        await eventually("ended") { ended.load(ordering: .relaxed) == 1 }
        close(ends[0])
    }
}
