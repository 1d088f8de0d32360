// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The mode of a circuit breaker")
struct CircuitBreakerModeTests {
    private func breaker(
        _ mode: CircuitBreakerMode, _ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }
    ) throws -> BreakerUnderTest {
        try BreakerUnderTest {
            $0.mode = mode
            $0.consecutiveFailures = 3
            $0.minimumCalls = 6
            $0.halfOpenPermits = 1
            change(&$0)
        }
    }

    @Test("is in force from the start", arguments: CircuitBreakerMode.allCases)
    func initial(_ mode: CircuitBreakerMode) throws {
        var breaker = try breaker(mode)
        #expect(breaker.snapshot.mode == mode)
        #expect(breaker.snapshot.generation == 1)
        #expect(breaker.phase == (mode == .forcedOpen ? .open : .closed))
        #expect((breaker.admit() != nil) == (mode != .forcedOpen))
    }

    @Test("disabled lets everything through and records nothing")
    func disabled() throws {
        var breaker = try breaker(.disabled)
        breaker.call(.failure, times: 100)
        breaker.call(.success, .cancelled, .ignored)
        #expect(breaker.phase == .closed)
        #expect(try breaker.snapshot.counters == CircuitBreakerCounters.none)
        #expect(breaker.snapshot.windowCalls == 0)
        #expect(breaker.snapshot.history.isEmpty)
    }

    @Test("forced closed lets everything through and records, but never trips")
    func forcedClosed() throws {
        var breaker = try breaker(.forcedClosed)
        breaker.call(.failure, times: 100)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.windowFailures == 100)
        #expect(breaker.snapshot.consecutiveFailures == 100)
        #expect(breaker.snapshot.history.isEmpty)
    }

    @Test("forced open rejects everything, for ever, and counts")
    func forcedOpen() throws {
        var breaker = try breaker(.forcedOpen)
        #expect(breaker.retryAfter() == .seconds(5))
        breaker.wait(.seconds(1_000_000))
        #expect(breaker.retryAfter() == .seconds(5))
        #expect(breaker.state.advance(to: .distantFuture) == nil)
        #expect(breaker.snapshot.counters.rejected == 2)
        #expect(breaker.snapshot.reason == .forced)
        #expect(breaker.snapshot.openUntil == nil)
        #expect(breaker.snapshot.gauge == 2)
    }

    @Test("metrics only lets everything through and tells once of each signal that would have tripped")
    func metricsOnly() throws {
        var breaker = try breaker(.metricsOnly)
        breaker.call(.failure, .failure)
        let third = breaker.record(breaker.admit(), .failure)
        let run = try #require(third)
        #expect(run.reason == .consecutiveFailures(3))
        #expect(run.isOnlyReported)
        #expect(run.from == .closed && run.to == .closed)
        #expect(run.generation == 1)
        #expect(breaker.record(breaker.admit(), .failure) == nil)
        breaker.call(.failure)
        let sixth = breaker.record(breaker.admit(), .failure)
        #expect(sixth?.reason == .failureRate(failures: 6, calls: 6))
        breaker.call(.failure, times: 1_000)
        breaker.call(.success, times: 10)
        breaker.call(.failure, times: 1_000)
        #expect(breaker.snapshot.history.count == 2)
        #expect(breaker.snapshot.counters.trips == 0)
        #expect(breaker.phase == .closed)
    }

    @Test("metrics only tells of every signal that one outcome crosses")
    func metricsOnlyTogether() throws {
        var breaker = try breaker(.metricsOnly) { $0.consecutiveFailures = 6 }
        breaker.call(.failure, times: 5)
        let first = breaker.record(breaker.admit(), .failure)
        let second = breaker.state.advance(to: breaker.now)
        #expect(first?.reason == .consecutiveFailures(6))
        #expect(second?.reason == .failureRate(failures: 6, calls: 6))
        #expect(breaker.state.advance(to: breaker.now) == nil)
    }

    @Test("metrics only tells again after a reset")
    func metricsOnlyAgain() throws {
        var breaker = try breaker(.metricsOnly)
        breaker.call(.failure, times: 3)
        breaker.state.reset(now: breaker.now)
        breaker.call(.failure, times: 3)
        #expect(breaker.snapshot.history.map(\.isOnlyReported) == [true, false, true])
    }

    @Test("changes nothing and tells nothing if it is that mode already", arguments: CircuitBreakerMode.allCases)
    func sameMode(_ mode: CircuitBreakerMode) throws {
        var breaker = try breaker(mode)
        breaker.call(.failure)
        let before = breaker.snapshot
        #expect(breaker.state.switchMode(to: mode, now: breaker.now) == nil)
        #expect(breaker.snapshot == before)
    }

    private static let switches = CircuitBreakerMode.allCases.flatMap { from in
        CircuitBreakerMode.allCases.filter { $0 != from }.map { (from, $0) }
    }

    @Test("starts a new generation with an empty window when it is switched, whatever it was", arguments: switches)
    func switching(_ from: CircuitBreakerMode, _ to: CircuitBreakerMode) throws {
        var breaker = try breaker(from)
        breaker.call(.failure, .failure)
        let early = breaker.admit()
        let before = breaker.snapshot.counters
        let switched = breaker.state.switchMode(to: to, now: breaker.now)
        let transition = try #require(switched)
        #expect(transition.mode == to)
        #expect(transition.to == (to == .forcedOpen ? .open : .closed))
        #expect(transition.reason == (to == .forcedOpen ? .forced : nil))
        #expect(transition.generation == 2)
        #expect(transition.figures.calls == (from == .forcedOpen || from == .disabled ? 0 : 2))
        #expect(breaker.snapshot.windowCalls == 0)
        #expect(breaker.snapshot.consecutiveFailures == 0)
        #expect(breaker.snapshot.counters.failures == before.failures)
        breaker.record(early, .failure)
        #expect(breaker.snapshot.windowCalls == 0, "the outcome of an earlier generation is dropped")
    }

    @Test("enabled again after being forced open is closed, with the first open time")
    func unforce() throws {
        var breaker = try breaker(.enabled)
        breaker.call(.failure, times: 3)
        breaker.wait(.seconds(5))
        breaker.call(.failure)
        breaker.state.switchMode(to: .forcedOpen, now: breaker.now)
        breaker.state.switchMode(to: .enabled, now: breaker.now)
        #expect(breaker.phase == .closed)
        breaker.call(.failure, times: 3)
        #expect(breaker.retryAfter() == .seconds(5))
    }

    @Test("drops the probe of a breaker that is switched")
    func probeAcrossSwitch() throws {
        var breaker = try breaker(.enabled)
        breaker.call(.failure, times: 3)
        breaker.wait(.seconds(5))
        let probe = breaker.admit()
        breaker.state.switchMode(to: .metricsOnly, now: breaker.now)
        breaker.record(probe, .failure)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.counters.late == 1)
    }

    @Test("a reset closes an open breaker and keeps counters and history")
    func reset() throws {
        var breaker = try breaker(.enabled)
        breaker.call(.failure, times: 3)
        let transition = breaker.state.reset(now: breaker.now)
        #expect(transition.from == .open && transition.to == .closed)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.counters.failures == 3)
        #expect(breaker.snapshot.history.count == 2)
        breaker.call(.failure, .failure)
        #expect(breaker.phase == .closed, "the run starts afresh")
    }
}

extension CircuitBreakerCounters {
    /// Those of a breaker that saw nothing.
    static var none: CircuitBreakerCounters {
        get throws { try CircuitBreakerState().snapshot.counters }
    }
}
