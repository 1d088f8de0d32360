// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How many requests are let through: so many per period, and so many at once.
public struct RateLimit: Sendable, Hashable {
    /// How many requests a period has room for in the long run. 1 to 1,000,000,000.
    public var requests: Int
    /// The period. Default 1 s, 1 ms to 30 days. A request may take at least a nanosecond of it.
    public var period: Duration
    /// How many may come at once after a pause. Default: ``requests``. 1 to 1,000,000,000; the time it takes to earn
    /// them all anew is at most a year.
    public var burst: Int

    /// So many `requests` per `period`, of which `burst` may come at once.
    public init(_ requests: Int, per period: Duration = .seconds(1), burst: Int? = nil) {
        self.requests = requests
        self.period = period
        self.burst = burst ?? requests
    }

    /// Every problem of this limit; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("requests", requests, in: 1...1_000_000_000)
        problems.requireInteger("burst", burst, in: 1...1_000_000_000)
        problems.requireDuration("period", period, in: .milliseconds(1) ... .seconds(30 * 86_400))
        guard problems.isEmpty else { return problems }
        problems.require(
            period.nanoseconds >= Int64(requests), "requests", "must be at most one per nanosecond, is \(requests)")
        let (refill, overflow) = emissionInterval.multipliedReportingOverflow(by: Int64(burst))
        problems.require(
            !overflow && refill <= 366 * 86_400 * 1_000_000_000, "burst", "must be earned within a year, is \(burst)")
        return problems
    }

    /// The nanoseconds that one request costs, rounded up so that never more than the limit is let through.
    var emissionInterval: Int64 {
        let (quotient, remainder) = period.nanoseconds.quotientAndRemainder(dividingBy: Int64(requests))
        return quotient + (remainder > 0 ? 1 : 0)
    }
}
