// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusRuntime

@Suite("The state of a health check")
struct HealthCheckStateTests {
    let start = Instant(nanoseconds: 0)

    func at(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    /// Runs one check that takes a millisecond.
    func run(_ state: inout HealthCheckState, at time: Int, failure: String?) throws {
        guard case .run(let run) = state.begin(at: at(time)) else { throw NoRun() }
        #expect(state.end(run, failure: failure, at: at(time + 1)) == true)
    }

    struct NoRun: Error {}

    @Test("it is unknown until the first outcome, which decides")
    func first() throws {
        for (failure, status) in [(nil, HealthStatus.up), ("no", .down)] {
            var state = HealthCheckState(.init(failuresBeforeDown: 3, successesBeforeUp: 3), at: start)
            #expect(state.result.status == .unknown)
            try run(&state, at: 10, failure: failure)
            #expect(state.result.status == status)
            #expect(state.result.since == at(11))
            #expect(state.result.duration == .milliseconds(1))
        }
    }

    @Test("flapping changes nothing until enough outcomes in a row contradict the status")
    func flapping() throws {
        var state = HealthCheckState(.init(failuresBeforeDown: 3, successesBeforeUp: 2), at: start)
        try run(&state, at: 0, failure: nil)
        for (index, failure) in ["a", "b", nil, "c", "d", nil, "e"].enumerated() {
            try run(&state, at: 10 + index, failure: failure)
            #expect(state.result.status == .up)
        }
        try run(&state, at: 20, failure: "f")
        #expect(state.result.status == .up)
        try run(&state, at: 30, failure: "g")
        #expect(state.result.status == .down)
        #expect(state.result.since == at(31))
        #expect(state.result.lastError == "g")
        try run(&state, at: 40, failure: nil)
        try run(&state, at: 50, failure: "h")
        try run(&state, at: 60, failure: nil)
        #expect(state.result.status == .down)
        try run(&state, at: 70, failure: nil)
        #expect(state.result.status == .up)
        #expect(state.result.since == at(71))
        #expect(state.result.lastError == "h", "the last error stays after a recovery")
        #expect(state.result.lastErrorAt == at(51))
    }

    @Test("who asks while a run is under way joins it")
    func join() {
        var state = HealthCheckState(.init(), at: start)
        guard case .run(let run) = state.begin(at: start) else { Issue.record("no run"); return }
        #expect(state.begin(at: at(5)) == .join)
        #expect(state.end(run, failure: nil, at: at(10)) == true)
        #expect(state.end(run, failure: "again", at: at(11)) == false, "a run ends once")
        #expect(state.result.status == .up)
    }

    @Test("a run that hangs fails at its timeout, is never doubled, and fails again at every interval")
    func hanging() {
        let configuration = HealthCheckConfiguration(timeout: .seconds(1), interval: .seconds(5), failuresBeforeDown: 2)
        var state = HealthCheckState(configuration, at: start)
        guard case .run(let first) = state.begin(at: start) else { Issue.record("no run"); return }
        #expect(state.end(first, failure: nil, at: at(1)) == true)
        #expect(state.nextRun == at(5000))
        guard case .run(let second) = state.begin(at: at(5000)) else { Issue.record("no run"); return }
        #expect(state.giveUp(at: at(5999)) == false)
        #expect(state.giveUp(at: at(6000)) == true)
        #expect(state.giveUp(at: at(6001)) == false, "it is given up once")
        #expect(state.result.status == .up, "one failure of two")
        #expect(state.result.lastError == "no answer within 1s")
        #expect(state.begin(at: at(7000)) == .hanging)
        #expect(state.result.status == .up, "asking more often is not failing more often")
        #expect(state.begin(at: at(10_000)) == .hanging)
        #expect(state.result.status == .down)
        #expect(state.result.lastError == "still hangs")
        #expect(
            state.end(second, failure: nil, at: at(11_000)) == false, "an answer that is too late counts for nothing")
        #expect(state.result.status == .down)
        guard case .run(let third) = state.begin(at: at(15_000)) else { Issue.record("no run"); return }
        #expect(state.end(third, failure: nil, at: at(15_001)) == true)
        #expect(state.result.status == .up)
    }
}
