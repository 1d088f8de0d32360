// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// Admit and record on one circuit breaker with a window of 10 s in 10 buckets, as `bench/peers/go/breaker` does it.
struct BreakerJob: Sendable {
    private static let operations = 50_000
    private static let moment = Instant(nanoseconds: 1_000_000_000_000)

    /// Every how many-th call fails; 0 is none.
    let failures: Int

    init(failures: Int = 0) {
        self.failures = failures
    }

    /// On one thread: with the time given, as by an event loop that knows it, and read from the clock.
    func alone(_ seconds: Duration) throws {
        let stopwatch = Stopwatch(seconds: seconds / 2, operations: Self.operations)
        let breaker = try breaker()
        Main.report("ns_per_operation", stopwatch.nanosecondsPerOperation { call(breaker, times: $0) })
        let other = try self.breaker()
        Main.report("with_clock_ns", stopwatch.nanosecondsPerOperation { callByClock(other, times: $0) })
        try check()
    }

    /// Two threads on one breaker.
    func twoThreads(_ seconds: Duration) throws {
        let pair = SideBySide(seconds: seconds, operations: Self.operations)
        Main.report(
            "ns_per_operation",
            try pair.nanosecondsPerOperation {
                let breaker = try breaker()
                return { call(breaker, times: $0) }
            })
        try check()
    }

    /// Whether what was measured is counted.
    private func check() throws {
        let breaker = try breaker()
        call(breaker, times: Self.operations)
        let (counters, failed) = (breaker.snapshot.counters, failures == 0 ? 0 : Self.operations / failures)
        guard counters.failures == failed, counters.successes == Self.operations - failed else {
            Main.complain("the breaker has counted \(counters)")
        }
    }

    private func breaker() throws -> CircuitBreaker {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 100
        return try CircuitBreaker(configuration: configuration)
    }

    private func call(_ breaker: CircuitBreaker, times: Int) {
        let now = Self.moment
        for number in 0..<times {
            do throws(CallFailure) {
                let permit = try breaker.admit(now: now)
                breaker.record(permit, outcome(number), now: now)
            } catch {
                Main.complain("the breaker rejected a call: \(error)")
            }
        }
    }

    private func callByClock(_ breaker: CircuitBreaker, times: Int) {
        for number in 0..<times {
            do throws(CallFailure) {
                let permit = try breaker.admit()
                breaker.record(permit, outcome(number))
            } catch {
                Main.complain("the breaker rejected a call: \(error)")
            }
        }
    }

    private func outcome(_ number: Int) -> CallOutcome {
        failures != 0 && number % failures == 0 ? .failure : .success
    }
}
