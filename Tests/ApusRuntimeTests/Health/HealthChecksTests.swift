// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Synchronization
import Testing

@testable import ApusRuntime

@Suite("Health checks", .timeLimit(.minutes(1)))
struct HealthChecksTests {
    struct PasswordIs: Error { var hunter2 = "hunter2" }
    struct Refused: CodedError {
        var hunter2 = "hunter2"
        var codeName: String { "authentication_failed" }
    }

    @Test("a check that hangs is reported as failed after its timeout, and nobody waits for it")
    func hanging() async {
        let gate = Gate()
        let checks = HealthChecks(service: "test")
        checks.add("stuck", .init(timeout: .milliseconds(20))) { await gate.wait() }
        checks.add("fine") {}
        await checks.refresh()
        let report = checks.report()
        #expect(report.checks.map(\.name) == ["stuck", "fine"])
        #expect(report.checks.map(\.result.status) == [.down, .up])
        #expect(report.checks[0].result.lastError == "no answer within 20ms")
        #expect(report.failing == ["stuck"])
        await checks.refresh("stuck")
        #expect(gate.waiting == 1, "the hanging check is not started again")
        gate.open()
        await eventually("the check is started again once it came back") {
            await checks.refresh("stuck")
            return checks.report().status == .up
        }
    }

    @Test("a report is right even if no timer has fired")
    func lateTimer() async {
        let time = ManualTime()
        let gate = Gate()
        let checks = HealthChecks(service: "test", time: time.source)
        checks.add("stuck", .init(timeout: .seconds(100), interval: .seconds(1))) { await gate.wait() }
        _ = checks.startDue()
        #expect(checks.report().status == .unknown)
        time.advance(by: .seconds(100))
        #expect(checks.report().status == .down)
        gate.open()
    }

    @Test("probes that come together are one run")
    func coalescing() async {
        let runs = Atomic(0)
        let gate = Gate()
        let checks = HealthChecks(service: "test")
        checks.add("slow", .init(timeout: .seconds(30))) {
            runs.add(1, ordering: .relaxed)
            await gate.wait()
        }
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await checks.refresh() } }
            await eventually("the check runs") { gate.waiting == 1 }
            gate.open()
            await group.waitForAll()
        }
        #expect(checks.report().status == .up)
        #expect(runs.load(ordering: .relaxed) < 50, "who came before the gate opened shared one run")
        #expect(gate.waiting == 0)
    }

    @Test("a thousand reports start no check")
    func cheapReports() {
        let runs = Atomic(0)
        let checks = HealthChecks(service: "test")
        checks.add("a") { runs.add(1, ordering: .relaxed) }
        for _ in 0..<1000 { _ = checks.report() }
        #expect(runs.load(ordering: .relaxed) == 0)
    }

    @Test("what is thrown is not shown, but for a call failure's message and a code")
    func secrets() async {
        let checks = HealthChecks(service: "test")
        checks.add("leaky") { throw PasswordIs() }
        checks.add("call") { throw CallFailure(.connectFailed, "no route", stage: .connect, mayHaveReachedPeer: false) }
        checks.add("coded") { throw Refused() }
        await checks.refresh()
        let report = checks.report()
        #expect(report.checks.map(\.result.lastError) == ["PasswordIs", "no route", "authentication_failed"])
        let body = String(decoding: HealthDocument.health(report, wallTime: .now).body, as: UTF8.self)
        #expect(!body.contains("hunter2"))
    }

    @Test("checks run when they are due, and again after their interval")
    func background() async throws {
        let runs = Atomic(0)
        let checks = HealthChecks(service: "test")
        checks.add("often", .init(interval: .milliseconds(5))) { runs.add(1, ordering: .relaxed) }
        let task = Task { try await checks.run() }
        await eventually("three runs") { runs.load(ordering: .relaxed) >= 3 }
        #expect(checks.report().status == .up)
        checks.add("late") {}
        await eventually("a check added later is run") { checks.report().checks.last?.result.status == .up }
        task.cancel()
        try await task.value
    }

    @Test("readiness needs the phase and every critical check, and never comes back after draining")
    func readiness() async {
        let isBroken = Atomic(false)
        let checks = HealthChecks(service: "test")
        checks.add("critical") { if isBroken.load(ordering: .relaxed) { throw PasswordIs() } }
        checks.add("extra", .init(isCritical: false)) { throw PasswordIs() }
        checks.enter(.ready)
        #expect(!checks.report().isReady, "unknown is not good enough")
        await checks.refresh()
        #expect(checks.report().isReady)
        isBroken.store(true, ordering: .relaxed)
        await checks.refresh()
        #expect(!checks.report().isReady)
        #expect(checks.report().isLive)
        isBroken.store(false, ordering: .relaxed)
        await checks.refresh()
        #expect(checks.report().isReady)
        checks.enter(.draining)
        #expect(!checks.report().isReady)
        checks.enter(.ready)
        #expect(checks.phase == .draining)
    }

    @Test("a blocked event loop makes the process not live after the threshold")
    func liveness() {
        let time = ManualTime()
        let checks = HealthChecks(service: "test", livenessThreshold: .seconds(10), time: time.source)
        checks.setLoop(3, blockedSince: time.now)
        #expect(checks.report().isLive)
        time.advance(by: .seconds(10))
        #expect(checks.report().blockedLoops == [3])
        #expect(!checks.report().isLive)
        checks.setLoop(3, blockedSince: nil)
        #expect(checks.report().isLive)
    }

    @Test("an outcome of a check that was replaced counts for nothing")
    func replaced() async {
        let gate = Gate()
        let checks = HealthChecks(service: "test")
        checks.add("a", .init(timeout: .seconds(30))) {
            await gate.wait()
            throw PasswordIs()
        }
        async let first: Void = checks.refresh("a")
        await eventually("the first runs") { gate.waiting == 1 }
        checks.add("a") {}
        await first
        await checks.refresh("a")
        gate.open()
        await checks.refresh("a")
        #expect(checks.report().checks.map(\.result.status) == [.up])
        #expect(checks.report().checks[0].result.lastError == nil)
    }
}
