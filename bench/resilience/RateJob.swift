// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// Decisions of a rate limiter for one key, or for many keys by chance, which the processor's caches don't hold.
struct RateJob {
    private static let operations = 500_000

    /// Drawn from evenly: the worst that a table can meet.
    let keys: Int

    func run(_ seconds: Duration) throws {
        let limiter = try RateLimiter<Int>(
            RateLimit(1_000_000_000, burst: 1_000_000_000), maximumKeys: max(65_536, keys * 2))
        // Drawn before, so that drawing isn't measured.
        var random = FastRandom(seed: 1)
        let order = (0..<Self.operations).map { _ in Int(random.next() % UInt64(keys)) }
        let start = Instant.now
        for key in 0..<keys { Stopwatch.blackHole(limiter.check(key, now: start)) }
        let stopwatch = Stopwatch(seconds: seconds / 2, operations: Self.operations)
        var now = start
        Main.report(
            "ns_per_operation",
            stopwatch.nanosecondsPerOperation { _ in
                for key in order {
                    now.nanoseconds += 1
                    guard limiter.check(key, now: now).isAllowed else { Main.complain("a request was limited") }
                }
            })
        Main.report(
            "with_clock_ns",
            stopwatch.nanosecondsPerOperation { _ in
                for key in order {
                    guard limiter.check(key).isAllowed else { Main.complain("a request was limited") }
                }
            })
        guard limiter.statistics.keys >= keys * 9 / 10 else { Main.complain("the limiter has forgotten keys") }
    }
}
