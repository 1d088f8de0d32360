// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// How far back the rates of a circuit breaker look.
public enum CircuitBreakerWindow: Sendable, Hashable {
    /// The calls of the last while, forgotten in so many steps. The time is from 100 ms to 1 h, the buckets from 1 to 16.
    /// For steady traffic: what is old doesn't count, however few calls there were since.
    case time(Duration, buckets: Int = 10)
    /// The last so many calls, from 1 to 1,024, however long ago. For rare calls, of which a time would see too few.
    case count(Int)

    func problems() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        switch self {
        case .time(let length, let buckets):
            problems.requireDuration("window", length, in: .milliseconds(100) ... .seconds(3600))
            problems.requireInteger("window.buckets", buckets, in: 1...TimeWindow.maximumBuckets)
        case .count(let calls):
            problems.requireInteger("window", calls, in: 1...CountWindow.maximumCalls)
        }
        return problems
    }
}
