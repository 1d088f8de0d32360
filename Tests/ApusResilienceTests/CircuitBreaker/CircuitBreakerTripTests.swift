// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A closed circuit breaker")
struct CircuitBreakerTripTests {
    @Test("trips on consecutive failures")
    func consecutiveFailures() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 3 }
        breaker.call(.failure, .failure)
        #expect(breaker.phase == .closed)
        let transition = breaker.record(breaker.admit(), .failure)
        #expect(breaker.phase == .open)
        #expect(transition?.from == .closed)
        #expect(transition?.to == .open)
        #expect(transition?.reason == .consecutiveFailures(3))
        #expect(transition?.at == breaker.now)
        #expect(breaker.snapshot.reason == .consecutiveFailures(3))
    }

    @Test("starts the run of failures afresh after a success, but not after a cancelled call")
    func successResetsRun() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 3
            $0.failureRate = nil
        }
        breaker.call(.failure, .failure, .success, .failure, .failure, .cancelled)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.consecutiveFailures == 2)
        breaker.call(.failure)
        #expect(breaker.phase == .open)
    }

    @Test("trips on the failure rate once there are enough calls")
    func failureRate() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.failureRate = 0.5
            $0.minimumCalls = 10
        }
        breaker.call(.failure, times: 9)
        #expect(breaker.phase == .closed, "cold start holds until there are enough calls")
        breaker.call(.failure)
        #expect(breaker.phase == .open)
        #expect(breaker.snapshot.reason == .failureRate(failures: 10, calls: 10))
    }

    @Test(
        "trips at the exact rate and not below it", arguments: [(50, 0.5), (7, 0.07), (30, 0.3), (100, 1.0), (1, 0.01)])
    func exactRate(_ failures: Int, _ rate: Double) throws {
        for missing in [0, 1] {
            var breaker = try BreakerUnderTest {
                $0.consecutiveFailures = 0
                $0.failureRate = rate
                $0.minimumCalls = 100
            }
            breaker.call(.success, times: 100 - failures + missing)
            breaker.call(.failure, times: failures - missing)
            #expect(breaker.phase == (missing == 0 ? .open : .closed))
        }
    }

    @Test("trips on the first failure if one call is enough")
    func minimumOfOne() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.minimumCalls = 1
        }
        breaker.call(.failure)
        #expect(breaker.snapshot.reason == .failureRate(failures: 1, calls: 1))
    }

    @Test("trips on a burst of failures that is too short for the rate, and on a rate that never makes a run")
    func independentSignals() throws {
        var burst = try BreakerUnderTest { $0.minimumCalls = 1_000 }
        burst.call(.success, times: 500)
        burst.call(.failure, times: 5)
        #expect(burst.snapshot.reason == .consecutiveFailures(5))
        var alternating = try BreakerUnderTest()
        for _ in 0..<10 { alternating.call(.success, .failure) }
        #expect(alternating.snapshot.reason == .failureRate(failures: 10, calls: 20))
    }

    @Test("has a rate that recovers as the failures leave the window")
    func rateRecovers() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.minimumCalls = 10
        }
        breaker.call(.failure, times: 9)
        for _ in 0..<10 {
            breaker.wait(.seconds(1))
            breaker.call(.success)
        }
        breaker.call(.failure)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.windowFailures == 1)
        #expect(breaker.snapshot.windowCalls == 11)
    }

    @Test("learns nothing from ignored calls, which don't end a run either")
    func ignored() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 3 }
        breaker.call(.failure, .failure)
        breaker.call(.ignored, times: 1_000)
        #expect(breaker.snapshot.windowCalls == 2)
        #expect(breaker.snapshot.counters.ignored == 1_000)
        breaker.call(.failure)
        #expect(breaker.phase == .open)
    }

    @Test("doesn't trip on a success, even if that makes the minimum of calls full")
    func successNeverTrips() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.minimumCalls = 10
        }
        breaker.call(.failure, times: 9)
        breaker.call(.success)
        #expect(breaker.phase == .closed)
        breaker.call(.failure)
        #expect(breaker.phase == .open)
    }

    @Test("forgets what is older than the window")
    func samplesAgeOut() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.minimumCalls = 10
            $0.window = .time(.seconds(10))
        }
        breaker.call(.failure, times: 9)
        breaker.wait(.seconds(9))
        breaker.call(.success)
        #expect(breaker.snapshot.windowFailures == 9)
        breaker.wait(.seconds(1))
        breaker.call(.success)
        #expect(breaker.snapshot.windowFailures == 0)
        #expect(breaker.snapshot.windowCalls == 2)
        #expect(breaker.phase == .closed)
    }

    @Test(
        "clears the whole window after a long gap and goes on",
        arguments: [Duration.seconds(3_600), .seconds(8_000_000_000)])
    func largeGap(_ gap: Duration) throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.minimumCalls = 10
        }
        breaker.call(.failure, times: 9)
        breaker.wait(gap)
        breaker.call(.failure)
        #expect(breaker.snapshot.windowCalls == 1)
        breaker.call(.failure, times: 9)
        #expect(breaker.phase == .open)
    }

    @Test("counts a call whose time lies before the newest bucket")
    func timeOutOfOrder() throws {
        var breaker = try BreakerUnderTest()
        breaker.call(.success)
        breaker.wait(.seconds(-5))
        breaker.call(.success)
        breaker.wait(.seconds(5))
        breaker.call(.success)
        #expect(breaker.snapshot.windowCalls == 3)
    }

    @Test("reports consecutive failures if both thresholds are crossed at once")
    func tie() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 10
            $0.minimumCalls = 10
        }
        breaker.call(.failure, times: 10)
        #expect(breaker.snapshot.reason == .consecutiveFailures(10))
    }

    @Test("never trips with both signals off")
    func bothOff() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.failureRate = nil
        }
        breaker.call(.failure, times: 10_000)
        #expect(breaker.phase == .closed)
    }

    @Test("never trips with a minimum of calls that isn't reached")
    func unreachableMinimum() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.minimumCalls = 1_000_000
        }
        breaker.call(.failure, times: 10_000)
        #expect(breaker.phase == .closed)
    }

    @Test("learns nothing from cancelled calls")
    func cancelled() throws {
        var breaker = try BreakerUnderTest()
        breaker.call(.cancelled, times: 1_000)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.windowCalls == 0)
        #expect(breaker.snapshot.counters.cancelled == 1_000)
    }
}
