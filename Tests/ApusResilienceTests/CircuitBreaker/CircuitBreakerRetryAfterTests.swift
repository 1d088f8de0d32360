// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A circuit breaker whose peer says when to come back")
struct CircuitBreakerRetryAfterTests {
    @Test("opens as long as the failure that tripped it asked for")
    func opensAsLong() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 2 }
        breaker.call(.failure, .failureRetryAfter(.seconds(20)))
        #expect(breaker.retryAfter() == .seconds(20))
        #expect(breaker.snapshot.reason == .consecutiveFailures(2))
    }

    @Test("opens no shorter than its open time and no longer than the maximum")
    func bounded() throws {
        for (asked, opened) in [(1, 5), (-1, 5), (0, 5), (6, 6), (60, 60), (61, 60), (9_000_000_000, 60)] {
            var breaker = try BreakerUnderTest { $0.consecutiveFailures = 1 }
            breaker.call(.failureRetryAfter(.seconds(asked)))
            #expect(breaker.retryAfter() == .seconds(opened))
        }
    }

    @Test("heeds the failure that trips it, not one before")
    func earlier() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 2 }
        breaker.call(.failureRetryAfter(.seconds(20)), .failure)
        #expect(breaker.retryAfter() == .seconds(5))
    }

    @Test("counts it as any failure while nothing trips")
    func counts() throws {
        var breaker = try BreakerUnderTest()
        breaker.call(.failureRetryAfter(.seconds(20)))
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.windowFailures == 1)
        #expect(breaker.snapshot.consecutiveFailures == 1)
    }

    @Test("trips at once if it is told to")
    func atOnce() throws {
        var breaker = try BreakerUnderTest { $0.tripsOnRetryAfter = true }
        breaker.call(.success, .failure)
        #expect(breaker.phase == .closed)
        breaker.call(.failureRetryAfter(.seconds(7)))
        #expect(breaker.snapshot.reason == .retryAfter(.seconds(7)))
        #expect(breaker.retryAfter() == .seconds(7))
    }

    @Test("heeds a probe that was told to come back later")
    func probe() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 1
        }
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        breaker.call(.failureRetryAfter(.seconds(30)))
        #expect(breaker.snapshot.reason == .probeFailed)
        #expect(breaker.retryAfter() == .seconds(30))
        breaker.wait(.seconds(30))
        breaker.call(.failure)
        #expect(breaker.retryAfter() == .seconds(20), "its own open time goes on growing as before")
    }

    @Test("isn't held longer by one that comes late")
    func late() throws {
        var breaker = try BreakerUnderTest { $0.consecutiveFailures = 1 }
        let early = breaker.admit()
        breaker.call(.failure)
        breaker.record(early, .failureRetryAfter(.seconds(50)))
        #expect(breaker.retryAfter() == .seconds(5))
    }
}
