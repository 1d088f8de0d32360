// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// How long something takes, by chance.
public enum DelayDistribution: Sendable, Hashable {
    /// Always the same.
    case constant(Duration)
    /// Anything between two durations.
    case uniform(ClosedRange<Duration>)
    /// Often less than the mean, now and then several times as long: work whose size varies.
    case exponential(mean: Duration)
    /// Around a median, with a long tail: `sigma` is the standard deviation of its logarithm. With 0.5 one in a hundred
    /// takes 3.2 times the median.
    case logNormal(median: Duration, sigma: Double)

    /// Draws one. Never negative.
    public func draw(using random: inout some RandomNumberGenerator) -> Duration {
        switch self {
        case .constant(let delay): return max(.zero, delay)
        case .uniform(let range):
            let (low, high) = (range.lowerBound.nanoseconds, range.upperBound.nanoseconds)
            return .nanoseconds(max(0, Int64.random(in: low...high, using: &random)))
        case .exponential(let mean):
            return .nanoseconds(Int64(max(0, -log(Self.share(&random)) * Double(mean.nanoseconds))))
        case .logNormal(let median, let sigma):
            let angle = 2 * Double.pi * Self.share(&random)
            let normal = (-2 * log(Self.share(&random))).squareRoot() * cos(angle)
            return .nanoseconds(Int64(min(1e18, Double(max(0, median.nanoseconds)) * exp(sigma * normal))))
        }
    }

    /// Above 0 and at most 1.
    private static func share(_ random: inout some RandomNumberGenerator) -> Double {
        Double((random.next() >> 11) + 1) * 0x1p-53
    }
}
