// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The generic cell rate algorithm: a token bucket that stores one number.
///
/// Each request pushes the theoretical arrival time (TAT), the moment at which the full burst is there again, into the
/// future by its cost times the emission interval. It is let through if that leaves the TAT within the burst's worth of
/// time from now. So after a pause a burst passes at once and then one request per interval. A rejected request leaves
/// the TAT alone: who keeps knocking isn't locked out.
///
/// The time is kept in nanoseconds as Int64; the emission interval is rounded up to a whole one. The state of a key is
/// its TAT; a TAT in the past means the same as none. A clock that jumps back costs at most the time of one burst.
///
/// Source: ITU-T I.371; the parameters are those of redis-cell, but that the burst here is the whole number that passes
/// at once.
public struct GCRA: Sendable, Hashable {
    /// How many requests of cost 1 pass at once.
    public let burst: Int
    let interval: Int64
    let tolerance: Int64

    /// - Throws: ``InvalidConfiguration`` with every problem of `limit`.
    public init(_ limit: RateLimit) throws(InvalidConfiguration) {
        let problems = limit.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        burst = limit.burst
        interval = limit.emissionInterval
        tolerance = interval * Int64(burst)
    }

    /// Decides about one request and moves `arrival` if it is allowed.
    ///
    /// - Parameters:
    ///   - arrival: the TAT of the key, in nanoseconds of the clock of `now`; any time in the past for a new key.
    ///   - cost: how many requests it counts for. 0 asks without taking anything.
    ///   - now: the time.
    @inline(__always)
    public func decide(arrival: inout Int64, cost: UInt32 = 1, now: Instant) -> RateDecision {
        arrival = corrected(arrival, now: now)
        let now = now.nanoseconds
        let start = max(arrival, now)
        let (price, overflow) = interval.multipliedReportingOverflow(by: Int64(cost))
        if overflow || price > tolerance {
            return decision(.neverFits, until: start, now: now, retry: 0)
        }
        let wait = (start - now) + price - tolerance
        if wait > 0 {
            return decision(.limited, until: start, now: now, retry: wait)
        }
        let next = Self.sum(start, price)
        if cost > 0 { arrival = next }
        return decision(.allowed, until: next, now: now, retry: 0)
    }

    /// The arrival time as a decision at `now` reads it: only a clock that went back can leave it further away.
    func corrected(_ arrival: Int64, now: Instant) -> Int64 { min(arrival, Self.sum(now.nanoseconds, tolerance)) }

    @inline(__always)
    private func decision(
        _ verdict: RateDecision.Verdict, until arrival: Int64, now: Int64, retry: Int64
    ) -> RateDecision {
        RateDecision(
            verdict: verdict, limit: burst, interval: interval, tolerance: tolerance, retryNanoseconds: retry,
            resetNanoseconds: arrival - now)
    }

    private static func sum(_ time: Int64, _ duration: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(duration)
        return overflow ? .max : sum
    }
}
