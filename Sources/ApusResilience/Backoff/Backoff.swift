// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How long to wait before trying again: exponential with a cap, spread by chance so that many who failed at once don't
/// come back at once.
///
/// Source of the jitters: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct Backoff: Sendable, Hashable {
    /// How chance spreads a delay. With `e` the exponential delay `min(maximum, base * factor^(attempt - 1))`:
    public enum Jitter: Sendable, Hashable, CaseIterable {
        /// `e`.
        case none
        /// Anything from zero to `e`: spreads best.
        case full
        /// Anything from half of `e` to `e`: never comes back at once.
        case equal
        /// Anything from the base to three times the previous delay, at most the maximum: grows by chance, and doesn't
        /// use the factor.
        case decorrelated
    }

    /// The first delay. Default 100 ms, above 0 and at most 1 h.
    public var base: Duration
    /// The longest delay. Default 10 s, from ``base`` to 24 h.
    public var maximum: Duration
    /// By how much the delay grows with each attempt. Default 2, 1 to 100.
    public var factor: Double
    /// Default ``Jitter/full``.
    public var jitter: Jitter

    public init(
        base: Duration = .milliseconds(100), maximum: Duration = .seconds(10), factor: Double = 2,
        jitter: Jitter = .full
    ) {
        self.base = base
        self.maximum = maximum
        self.factor = factor
        self.jitter = jitter
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireDuration("base", base, in: .nanoseconds(1) ... .seconds(3600))
        problems.require(
            maximum >= base && maximum <= .seconds(86_400), "maximum",
            "must be from base (\(base)) to \(Duration.seconds(86_400)), is \(maximum)")
        problems.require(factor >= 1 && factor <= 100, "factor", "must be from 1 to 100, is \(factor)")
        return problems
    }

    /// The delay after a failed attempt.
    ///
    /// - Parameters:
    ///   - attempt: the attempt that failed, 1 for the first; less counts as 1. Any number is safe.
    ///   - previous: the delay before that attempt, which the decorrelated jitter grows from; nil for the first.
    ///   - random: where chance comes from.
    /// - Returns: never negative, never above ``maximum``.
    public func delay(
        afterAttempt attempt: Int, previous: Duration? = nil, using random: inout some RandomNumberGenerator
    ) -> Duration {
        let low = max(0, base.nanoseconds)
        let cap = max(low, maximum.nanoseconds)
        let full = exponential(attempt: attempt, base: low, cap: cap)
        switch jitter {
        case .none:
            return .nanoseconds(full)
        case .full:
            return .nanoseconds(Int64.random(in: 0...full, using: &random))
        case .equal:
            return .nanoseconds(Int64.random(in: (full - full / 2)...full, using: &random))
        case .decorrelated:
            let (tripled, overflow) = max(low, previous?.nanoseconds ?? low).multipliedReportingOverflow(by: 3)
            let high = overflow ? cap : min(cap, tripled)
            return .nanoseconds(Int64.random(in: low...max(low, high), using: &random))
        }
    }

    private func exponential(attempt: Int, base: Int64, cap: Int64) -> Int64 {
        var exponent = max(0, attempt <= 1 ? 0 : attempt - 1)
        var power = 1.0
        var square = max(1, factor)
        while exponent > 0, power <= Double(cap) {
            if exponent & 1 == 1 { power *= square }
            square *= square
            exponent >>= 1
        }
        let delay = Double(base) * power
        return delay < Double(cap) ? Int64(delay) : cap
    }
}
