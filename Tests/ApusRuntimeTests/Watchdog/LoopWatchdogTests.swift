// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import ApusTelemetry
import Dispatch
import NIOCore
import Testing

@Suite("Blocked event loops", .timeLimit(.minutes(1)))
struct LoopWatchdogTests {
    @Test("a loop that is blocked is noticed, named with its operations, and reported again when it is free")
    func blocked() async throws {
        let target = MemoryLogTarget()
        let output = LogOutput(target: target, service: "test")
        let loops = EventLoops(count: 2)
        let health = HealthChecks(service: "test", livenessThreshold: .milliseconds(20))
        let watchdog = LoopWatchdog(
            loops: loops, threshold: .milliseconds(250), logger: output.logger(label: "watchdog"))
        watchdog.feed(health)
        watchdog.start()
        let released = DispatchSemaphore(value: 0)
        let operations = watchdog.operations[1]
        loops.all[1].eventLoop.execute {
            let outer = operations.enter(OperationName("GET /waits"))
            let inner = operations.enter(OperationName("GET /blocks"))
            released.wait()
            operations.leave(inner)
            operations.leave(outer)
        }
        await eventually("it is noticed") { watchdog.blockedLoops == 1 }
        await eventually("liveness fails") { health.report().blockedLoops == [1] }
        #expect(watchdog.incidents == 1)
        released.signal()
        await eventually("it is free") { watchdog.blockedLoops == 0 }
        await eventually("the process is live again") { health.report().isLive }
        #expect(operations.inFlight.isEmpty)
        watchdog.stop()
        try await loops.shutdown()
        output.flush()
        let lines = target.lines
        let blocked = try #require(lines.first { $0.contains("event loop blocked") })
        #expect(blocked.contains(#""level":"warning""#))
        #expect(blocked.contains(#""loop":"1""#))
        #expect(blocked.contains(#""operations":["GET /blocks","GET /waits"]"#))
        #expect(lines.contains { $0.contains("event loop free again") && $0.contains(#""loop":"1""#) })
        #expect(lines.filter { $0.contains("event loop blocked") }.count == 1, "once per incident")
    }
}
