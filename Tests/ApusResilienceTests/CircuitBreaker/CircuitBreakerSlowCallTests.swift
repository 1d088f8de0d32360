// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A circuit breaker that watches slow calls")
struct CircuitBreakerSlowCallTests {
    /// Slow above 1 s, trips at half of at least 4 calls.
    private func watching(_ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }) throws -> BreakerUnderTest {
        try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.failureRate = nil
            $0.slowCallRate = 0.5
            $0.slowCallDuration = .seconds(1)
            $0.minimumCalls = 4
            $0.window = .time(.seconds(100))
            change(&$0)
        }
    }

    @Test("trips on the rate of slow calls once there are enough calls")
    func slowCallRate() throws {
        var breaker = try watching()
        breaker.call(.success, taking: .seconds(2))
        breaker.call(.success, taking: .seconds(2))
        breaker.call(.success, taking: .seconds(2))
        #expect(breaker.phase == .closed, "cold start holds until there are enough calls")
        let transition = breaker.call(.success, taking: .seconds(2))
        #expect(breaker.phase == .open)
        #expect(transition?.reason == .slowCallRate(slow: 4, calls: 4))
        #expect(breaker.snapshot.counters.slow == 4)
        #expect(breaker.snapshot.counters.successes == 4)
    }

    @Test("calls slow what takes longer than the threshold, not what takes just as long")
    func strictlyLonger() throws {
        var breaker = try watching()
        for _ in 0..<10 { breaker.call(.success, taking: .seconds(1)) }
        #expect(breaker.snapshot.windowSlow == 0)
        breaker.call(.success, taking: .seconds(1) + .nanoseconds(1))
        #expect(breaker.snapshot.windowSlow == 1)
    }

    @Test("counts slow failures as slow")
    func slowFailures() throws {
        var breaker = try watching()
        for _ in 0..<3 { breaker.call(.failure, taking: .seconds(2)) }
        #expect(breaker.snapshot.windowSlow == 3)
        #expect(breaker.snapshot.windowFailures == 3)
        breaker.call(.failure, taking: .seconds(2))
        #expect(breaker.snapshot.reason == .slowCallRate(slow: 4, calls: 4))
    }

    @Test("doesn't trip on a fast call, even if that makes the minimum of calls full")
    func fastCallNeverTrips() throws {
        var breaker = try watching()
        for _ in 0..<3 { breaker.call(.success, taking: .seconds(2)) }
        breaker.call(.success)
        #expect(breaker.phase == .closed)
        breaker.call(.failure)
        #expect(breaker.phase == .closed, "a failure that isn't slow is not judged by the rate of slow calls")
        breaker.call(.success, taking: .seconds(2))
        #expect(breaker.phase == .open)
    }

    @Test("has not learned that a cancelled or ignored call was slow")
    func cancelled() throws {
        var breaker = try watching()
        for _ in 0..<10 {
            breaker.call(.cancelled, taking: .seconds(2))
            breaker.call(.ignored, taking: .seconds(2))
        }
        #expect(breaker.snapshot.windowCalls == 0)
        #expect(breaker.snapshot.counters.slow == 0)
    }

    @Test("ends a run of failures with a slow success")
    func slowSuccessEndsRun() throws {
        var breaker = try watching { $0.consecutiveFailures = 3 }
        breaker.call(.failure, .failure)
        breaker.call(.success, taking: .seconds(2))
        #expect(breaker.snapshot.consecutiveFailures == 0)
    }

    @Test("reports the failure rate if both rates are crossed at once")
    func tie() throws {
        var breaker = try watching { $0.failureRate = 0.5 }
        for _ in 0..<4 { breaker.call(.failure, taking: .seconds(2)) }
        #expect(breaker.snapshot.reason == .failureRate(failures: 4, calls: 4))
    }

    @Test("opens again at a slow probe")
    func slowProbe() throws {
        var breaker = try watching { $0.halfOpenPermits = 1 }
        for _ in 0..<4 { breaker.call(.success, taking: .seconds(2)) }
        breaker.wait(.seconds(5))
        breaker.call(.success, taking: .seconds(3))
        #expect(breaker.phase == .open)
        #expect(breaker.snapshot.reason == .probeSlow(.seconds(3)))
    }

    @Test("closes at a slow probe if it is told that slow probes do")
    func slowProbeAllowed() throws {
        var breaker = try watching {
            $0.halfOpenPermits = 1
            $0.slowProbesFail = false
        }
        for _ in 0..<4 { breaker.call(.success, taking: .seconds(2)) }
        breaker.wait(.seconds(5))
        breaker.call(.success, taking: .seconds(3))
        #expect(breaker.phase == .closed)
    }

    @Test("takes no call for slow when the clock went back")
    func clockWentBack() throws {
        var breaker = try watching()
        for _ in 0..<10 { breaker.call(.success, taking: .seconds(-5)) }
        #expect(breaker.snapshot.windowSlow == 0)
        #expect(breaker.snapshot.windowCalls == 10)
    }

    @Test("measures nothing without a rate")
    func off() throws {
        var breaker = try watching { $0.slowCallRate = nil }
        for _ in 0..<10 { breaker.call(.success, taking: .seconds(100)) }
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.counters.slow == 0)
    }
}
