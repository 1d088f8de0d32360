// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("An open circuit breaker")
struct CircuitBreakerRecoveryTests {
    /// Trips at the first failure, open for 5 s.
    private func tripped(_ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }) throws -> BreakerUnderTest {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            change(&$0)
        }
        breaker.call(.failure)
        #expect(breaker.phase == .open)
        return breaker
    }

    @Test("rejects every call with the time that is left")
    func rejects() throws {
        var breaker = try tripped()
        #expect(breaker.retryAfter() == .seconds(5))
        breaker.wait(.seconds(4))
        #expect(breaker.retryAfter() == .seconds(1))
        breaker.wait(.nanoseconds(999_999_999))
        #expect(breaker.retryAfter() == .nanoseconds(1))
        #expect(breaker.snapshot.counters.rejected == 3)
        #expect(breaker.snapshot.openUntil == breaker.now.advanced(by: .nanoseconds(1)))
    }

    @Test("becomes half-open when the open time is over, that moment included")
    func becomesHalfOpen() throws {
        var breaker = try tripped()
        let tripTime = breaker.now
        breaker.wait(.seconds(5))
        let transition = breaker.state.advance(to: breaker.now)
        #expect(transition?.to == .halfOpen)
        #expect(transition?.at == tripTime.advanced(by: .seconds(5)))
        #expect(breaker.admit() != nil)
        #expect(breaker.phase == .halfOpen)
    }

    @Test("lets only the permitted number of probes through")
    func boundedProbes() throws {
        var breaker = try tripped { $0.halfOpenPermits = 4 }
        breaker.wait(.seconds(5))
        let probes = (0..<10).compactMap { _ in breaker.admit() }
        #expect(probes.count == 4)
        #expect(breaker.retryAfter() == .seconds(5), "until the probe deadline")
    }

    @Test("closes when all probes have succeeded, with an empty window")
    func closes() throws {
        var breaker = try tripped { $0.halfOpenPermits = 2 }
        breaker.wait(.seconds(5))
        breaker.call(.success)
        #expect(breaker.phase == .halfOpen)
        breaker.call(.success)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.reason == nil)
        #expect(breaker.snapshot.windowCalls == 0)
        #expect(breaker.snapshot.consecutiveFailures == 0)
    }

    @Test("opens again at the first failed probe")
    func probeFails() throws {
        var breaker = try tripped { $0.halfOpenPermits = 3 }
        breaker.wait(.seconds(5))
        breaker.call(.success, .success, .failure)
        #expect(breaker.phase == .open)
        #expect(breaker.snapshot.reason == .probeFailed)
    }

    @Test("opens again if a probe is told that there are too many requests")
    func probeIsLimited() throws {
        var breaker = try tripped()
        breaker.wait(.seconds(5))
        breaker.call(CallOutcome(status: 429))
        #expect(breaker.snapshot.reason == .probeFailed)
    }

    @Test("gets a cancelled probe back, and neither opens nor closes by it")
    func cancelledProbe() throws {
        var breaker = try tripped { $0.halfOpenPermits = 1 }
        breaker.wait(.seconds(5))
        for _ in 0..<10 {
            let probe = breaker.admit()
            #expect(probe != nil)
            #expect(breaker.admit() == nil)
            breaker.record(probe, .cancelled)
            #expect(breaker.phase == .halfOpen)
        }
        breaker.call(.success)
        #expect(breaker.phase == .closed)
    }

    @Test("stays open longer each time the probes fail, up to the maximum")
    func openTimeGrows() throws {
        var breaker = try tripped {
            $0.openDuration = .seconds(5)
            $0.openDurationFactor = 3
            $0.maximumOpenDuration = .seconds(60)
        }
        for seconds in [5, 15, 45, 60, 60] {
            #expect(breaker.retryAfter() == .seconds(seconds))
            breaker.wait(.seconds(seconds))
            breaker.call(.failure)
        }
    }

    @Test("starts with the first open time again after a recovery")
    func recoveryResetsOpenTime() throws {
        var breaker = try tripped { $0.halfOpenPermits = 1 }
        breaker.wait(.seconds(5))
        breaker.call(.failure)
        #expect(breaker.retryAfter() == .seconds(10))
        breaker.wait(.seconds(10))
        breaker.call(.success, .failure)
        #expect(breaker.retryAfter() == .seconds(5))
    }

    @Test("shortens the open time by chance within the jitter, the same for the same seed")
    func jitter() throws {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 1
        configuration.openDurationJitter = 0.5
        var seen: Set<Duration> = []
        for seed in 0..<64 {
            var waits: [Duration] = []
            for _ in 0..<2 {
                let state = try CircuitBreakerState(configuration, random: FastRandom(seed: UInt64(seed)))
                var breaker = try BreakerUnderTest()
                breaker.state = state
                breaker.call(.failure)
                waits.append(breaker.retryAfter() ?? .zero)
            }
            #expect(waits[0] == waits[1], "seed \(seed)")
            #expect(waits[0] >= .seconds(2.5) && waits[0] <= .seconds(5), "seed \(seed)")
            seen.insert(waits[0])
        }
        #expect(seen.count > 60)
        #expect(seen.contains { $0 < .seconds(3) } && seen.contains { $0 > .seconds(4.5) })
    }

    @Test("gets an ignored probe back, and neither opens nor closes by it")
    func ignoredProbe() throws {
        var breaker = try tripped { $0.halfOpenPermits = 2 }
        breaker.wait(.seconds(5))
        for _ in 0..<10 { breaker.call(.ignored) }
        #expect(breaker.phase == .halfOpen)
        #expect(breaker.snapshot.counters.ignored == 10)
        #expect(breaker.snapshot.probesOut == 0)
        breaker.call(.success, .success)
        #expect(breaker.phase == .closed)
    }

    @Test("gives no extra probe for an ignored call from before the trip")
    func lateIgnored() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 1
        }
        let early = (0..<5).map { _ in breaker.admit() }
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        #expect(breaker.admit() != nil)
        for permit in early { breaker.record(permit, .ignored) }
        #expect(breaker.admit() == nil)
    }

    @Test("doesn't close on calls from before the trip that succeed while it is half-open")
    func lateSuccesses() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 1 }
        let early = (0..<5).map { _ in breaker.admit() }
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        #expect(breaker.admit() != nil)
        for permit in early { breaker.record(permit, .success) }
        #expect(breaker.phase == .halfOpen)
        #expect(breaker.snapshot.probesOut == 1)
    }

    @Test("drops the late success of a call from before the trip")
    func lateSuccess() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 1
        }
        let early = breaker.admit()
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        let probe = breaker.admit()
        breaker.record(early, .success)
        #expect(breaker.phase == .halfOpen)
        #expect(breaker.snapshot.counters.late == 1)
        breaker.record(probe, .success)
        #expect(breaker.phase == .closed)
    }

    @Test("doesn't extend the break for the late failure of a call from before the trip")
    func lateFailure() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 1 }
        let early = breaker.admit()
        breaker.call(.failure)
        breaker.wait(.seconds(3))
        breaker.record(early, .failure)
        #expect(breaker.retryAfter() == .seconds(2))
        #expect(breaker.snapshot.counters.trips == 1)
    }

    @Test("gives no probe for a late cancellation of a call from before the trip")
    func lateCancellation() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 1
        }
        let early = breaker.admit()
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        #expect(breaker.admit() != nil)
        breaker.record(early, .cancelled)
        #expect(breaker.admit() == nil)
    }

    @Test("isn't wedged by a probe that never comes back")
    func hungProbe() throws {
        var breaker = try tripped {
            $0.halfOpenPermits = 1
            $0.probeDeadline = .seconds(2)
        }
        breaker.wait(.seconds(5))
        let hung = breaker.admit()
        breaker.wait(.seconds(2) - .nanoseconds(1))
        #expect(breaker.retryAfter() == .nanoseconds(1))
        breaker.wait(.nanoseconds(1))
        #expect(breaker.retryAfter() == .seconds(10), "opens again as of the deadline")
        #expect(breaker.snapshot.reason == .probeTimedOut)
        breaker.record(hung, .success)
        #expect(breaker.phase == .open, "the late success is dropped")
        breaker.wait(.seconds(10))
        breaker.call(.success)
        #expect(breaker.phase == .closed)
    }

    @Test("has caught up with everything that was due while nobody called")
    func catchesUp() throws {
        var breaker = try tripped {
            $0.halfOpenPermits = 1
            $0.probeDeadline = .seconds(2)
        }
        breaker.wait(.seconds(5))
        let hung = breaker.admit()
        let probeTime = breaker.now
        breaker.wait(.seconds(3_600))
        let timedOut = breaker.state.advance(to: breaker.now)
        let halfOpen = breaker.state.advance(to: breaker.now)
        #expect(timedOut?.at == probeTime.advanced(by: .seconds(2)))
        #expect(halfOpen?.at == probeTime.advanced(by: .seconds(12)))
        #expect(breaker.state.advance(to: breaker.now) == nil)
        breaker.record(hung, .success)
        #expect(breaker.phase == .halfOpen)
        breaker.call(.success)
        #expect(breaker.phase == .closed)
    }

    @Test("waits for a slow probe as long as others may still go through")
    func slowProbeWithFreePermits() throws {
        var breaker = try tripped {
            $0.halfOpenPermits = 2
            $0.probeDeadline = .seconds(2)
        }
        breaker.wait(.seconds(5))
        let slow = breaker.admit()
        breaker.wait(.seconds(60))
        breaker.call(.success)
        #expect(breaker.phase == .halfOpen)
        breaker.record(slow, .success)
        #expect(breaker.phase == .closed)
    }

    @Test("counts generations without a gap")
    func generations() throws {
        var breaker = try tripped { $0.halfOpenPermits = 1 }
        #expect(breaker.snapshot.generation == 2)
        breaker.wait(.seconds(5))
        let transition = breaker.record(breaker.admit(), .success)
        #expect(transition?.generation == 4)
        #expect(breaker.snapshot.generation == 4)
    }

    @Test("survives the end of time")
    func endOfTime() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 1 }
        breaker.now = .distantFuture
        breaker.call(.success, .failure)
        #expect(breaker.phase == .open)
        #expect(breaker.admit() != nil, "saturated, it is half-open at once")
    }
}
