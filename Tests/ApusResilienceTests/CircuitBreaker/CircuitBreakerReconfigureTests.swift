// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A circuit breaker that is configured anew")
struct CircuitBreakerReconfigureTests {
    private func configuration(
        _ change: (inout CircuitBreakerConfiguration) -> Void
    ) -> CircuitBreakerConfiguration {
        var configuration = CircuitBreakerConfiguration()
        change(&configuration)
        return configuration
    }

    @Test("keeps run, window, counters and generation")
    func keeps() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 10 }
        breaker.call(.success, .failure, .failure, .cancelled)
        let before = breaker.snapshot
        let next = configuration { $0.consecutiveFailures = 3 }
        let transition = try breaker.state.reconfigure(next, now: breaker.now)
        #expect(transition == nil)
        #expect(breaker.snapshot == before)
        breaker.call(.failure)
        #expect(breaker.snapshot.reason == .consecutiveFailures(3))
    }

    @Test("changes nothing if the configuration is invalid")
    func invalid() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 2 }
        let wrong = configuration {
            $0.consecutiveFailures = -1
            $0.halfOpenPermits = 0
        }
        #expect(throws: InvalidConfiguration.self) { try breaker.state.reconfigure(wrong, now: breaker.now) }
        breaker.call(.failure, .failure)
        #expect(breaker.phase == .open, "the old one stays in force")
    }

    @Test("keeps the end of a break that runs, and takes the next from the new configuration")
    func openStays() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 1 }
        breaker.call(.failure)
        let next = configuration {
            $0.openDuration = .seconds(30)
            $0.consecutiveFailures = 1
        }
        try breaker.state.reconfigure(next, now: breaker.now)
        #expect(breaker.retryAfter() == .seconds(5))
        breaker.wait(.seconds(5))
        breaker.call(.failure)
        #expect(breaker.retryAfter() == .seconds(30))
    }

    @Test("keeps the newest calls of a count window that gets shorter, and all if it gets longer")
    func countWindow() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.failureRate = nil
            $0.window = .count(100)
        }
        breaker.call(.failure, times: 90)
        breaker.call(.success, times: 15)
        try breaker.state.reconfigure(configuration { $0.window = .count(20) }, now: breaker.now)
        #expect(breaker.snapshot.windowCalls == 20)
        #expect(breaker.snapshot.windowFailures == 5)
        try breaker.state.reconfigure(configuration { $0.window = .count(1_024) }, now: breaker.now)
        #expect(breaker.snapshot.windowCalls == 20)
        #expect(breaker.snapshot.windowFailures == 5)
    }

    @Test("keeps what is in a time window that changes its length, as if it were new")
    func timeWindow() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 0 }
        breaker.call(.failure, times: 5)
        breaker.wait(.seconds(8))
        breaker.call(.success, times: 4)
        let shorter = configuration { $0.window = .time(.seconds(2)) }
        try breaker.state.reconfigure(shorter, now: breaker.now)
        #expect(breaker.snapshot.windowCalls == 9)
        #expect(breaker.snapshot.windowFailures == 5)
        breaker.wait(.seconds(2))
        breaker.call(.success)
        #expect(breaker.snapshot.windowCalls == 1)
    }

    @Test("forgets what is too old already when the window changes its length")
    func timeWindowAged() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 0 }
        breaker.call(.failure, times: 5)
        breaker.wait(.seconds(11))
        try breaker.state.reconfigure(configuration { $0.window = .time(.seconds(60)) }, now: breaker.now)
        #expect(breaker.snapshot.windowCalls == 0)
    }

    @Test("starts with an empty window between a time and a count")
    func kindOfWindow() throws {
        var breaker = try BreakerUnderTest()
        breaker.call(.failure)
        try breaker.state.reconfigure(configuration { $0.window = .count(50) }, now: breaker.now)
        #expect(breaker.snapshot.windowCalls == 0)
        #expect(breaker.snapshot.consecutiveFailures == 1)
    }

    @Test("closes if the probes that have succeeded are enough now")
    func fewerProbes() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 5
        }
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        breaker.call(.success, .success)
        let transition = try breaker.state.reconfigure(configuration { $0.halfOpenPermits = 2 }, now: breaker.now)
        #expect(transition?.to == .closed)
        #expect(breaker.phase == .closed)
    }

    @Test("isn't wedged by fewer permits than there are probes out")
    func fewerProbesOut() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 5
        }
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        let probes = (0..<4).map { _ in breaker.admit() }
        try breaker.state.reconfigure(configuration { $0.halfOpenPermits = 2 }, now: breaker.now)
        #expect(breaker.admit() == nil)
        breaker.wait(.seconds(5))
        #expect(breaker.state.advance(to: breaker.now)?.reason == .probeTimedOut)
        breaker.record(probes[0], .success)
        #expect(breaker.phase == .open)
    }

    @Test("leaves the mode that a person has switched, unless the configured one changes")
    func mode() throws {
        var breaker = try BreakerUnderTest()
        breaker.state.switchMode(to: .forcedOpen, now: breaker.now)
        try breaker.state.reconfigure(configuration { $0.consecutiveFailures = 7 }, now: breaker.now)
        #expect(breaker.snapshot.mode == .forcedOpen)
        let transition = try breaker.state.reconfigure(configuration { $0.mode = .metricsOnly }, now: breaker.now)
        #expect(transition?.mode == .metricsOnly)
        #expect(breaker.phase == .closed)
    }
}
